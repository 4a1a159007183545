"""What a camera's process gives up before it reads anything of its camera: files, writing, other processes.

Somebody who takes the process over finds neither the owner's secrets nor a way to decide in the owner's place
(docs/decisions/0060). It needs Landlock, which Linux has since 5.13; elsewhere nothing is given up, and ingest says so.
"""
