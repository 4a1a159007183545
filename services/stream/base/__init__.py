"""What all rooms of stream share: its errors, and the words that it shows people."""
