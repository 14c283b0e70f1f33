"""What every backend of an interface must do, as mixins of test methods."""
