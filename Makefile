# Everything from nothing: each goal first sees to the system's packages and to .venv.
.PHONY: run test bench environment clean

# Children that trial runs its tests in.
JOBS ?= 2

run: environment
	@exec setup/run.sh

test: environment
	@.venv/bin/python setup/check.py --jobs $(JOBS)

bench: environment
	@.venv/bin/python -m bench.run

environment:
	@setup/environment.sh

# What was made; ./data stays.
clean:
	rm -rf .venv build dist *.egg-info _trial_temp* .mypy_cache .ruff_cache
