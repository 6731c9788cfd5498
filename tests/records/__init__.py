"""What the emulator answered at commit c312772, in thousands of calls, and a replay of them.

`records/*.jsonl` hold scripts: a fixture, calls one after the other against a fresh emulator of
that fixture, and to each call its answer and what it added to the journal.
`records/mistakes.jsonl` holds bad and odd fixtures, and what was said of them. All of it is
replayed from the records alone.

In the folder above this one (`tests`), in the environment of the project:

- `pytest records/test_records.py` replays every script against the installed emulator. A
  difference fails unless `allowed.py` allows it, with the reason why.
- `python -m records.compare [NAME...]` does the same for people: it prints every difference
  (script, call, field, old, new), of the scripts whose names begin so, and what was allowed how
  often.

The history of this folder has what made the records.

`build.py` is the one file that knows how an emulator is made.
"""
