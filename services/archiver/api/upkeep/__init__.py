"""What an operator looks after: retention and the archive's status."""
