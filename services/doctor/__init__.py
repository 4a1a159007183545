"""`framecast doctor`: asks a running Framecast, from outside, what works and what does not. It imports no service."""
