"""From coded pictures, as cameras send them, to decoded pictures and JPEGs.

access_unit.py    one coded picture, and what must be known of a codec to handle it
byte_stream.py    NAL units between start codes, and parameter sets
pending_units.py  the access units since the last key frame
unit_decoder.py   which of them are decoded, and which picture is shown
decoder.py        FFmpeg's decoders
frame_picture.py  a decoded frame becomes a picture
pictures.py       a decoded picture: its sizes, shapes and JPEGs
colours.py        what its samples mean, and the same as a JPEG means them
true_shape.py     its size in square pixels
planes.py         arrays of samples: resized, deinterlaced, compared
jpeg_encoder.py   the encoder of one rendition
jpeg.py           whether a camera's JPEG is whole, and the same one without metadata
bit_reader.py     the numbers in a parameter set
coded_size.py     the size that a parameter set of H.264 or H.265 codes
sequence_sets.py  where such sets are in a stream
picture_limits.py how large a picture may be
cpu_limit.py      how much CPU time one may take
"""
