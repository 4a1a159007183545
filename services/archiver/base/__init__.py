"""What every room of the archiver uses: errors, times, problems, threads, settings. Imports no other room."""
