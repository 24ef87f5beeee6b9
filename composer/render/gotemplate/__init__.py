"""Go's text/template, as far as `--format` of the Docker CLI needs it.

`parse` turns a text into nodes, `run` fills it for one row; `functions` are those that a
template may call, `values` how Go prints what they return, `verbs` its printf.
"""
