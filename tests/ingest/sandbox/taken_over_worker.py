"""`services.ingest.worker_main` in which a camera has taken its process over."""

from services.ingest import worker_main
from shared.lifecycle import run_service
from tests.ingest.sandbox.attacks import take_over

if __name__ == "__main__":
    take_over()
    run_service(worker_main.main, reads_file=False)
