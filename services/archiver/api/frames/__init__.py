"""The archived frames: lists, images, days, scrubbing, zips, capture and deletion."""
