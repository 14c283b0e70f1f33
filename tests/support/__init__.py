"""What tests share: fakes that pass the contracts, and sample media made at run time."""
