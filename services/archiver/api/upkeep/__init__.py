"""What an operator looks after: retention and status."""
