"""stream: fans a camera's frames out to any number of viewers, and is the one origin that browsers talk to."""
