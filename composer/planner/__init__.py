"""Project × Observed × options → Plan.  Pure: no clock, no engine, no prompt, no log."""
