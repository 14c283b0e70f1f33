# Everything from nothing: each goal first sees to the system's packages and to .venv.
.PHONY: run test bench environment test-environment clean

# Children that trial runs its tests in.
JOBS ?= 2

run: environment
	@exec setup/run.sh

test: test-environment
	@.venv/bin/python setup/check.py --jobs $(JOBS)

bench: test-environment
	@.venv/bin/python -m bench.run

# What serving needs.
environment:
	@setup/environment.sh run

# That, and what the tests need beside it.
test-environment:
	@setup/environment.sh test

# What was made; ./data stays.
clean:
	rm -rf .venv build dist *.egg-info _trial_temp* .mypy_cache .ruff_cache
