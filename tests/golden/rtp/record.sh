#!/bin/sh
# Record these packets anew with GStreamer: a few small pictures, packets short enough to be cut and joined. In each file
# packets follow each other, every one behind its length in two bytes (RFC 4571).
set -eu
cd "$(dirname "$0")"
record() {
    file=$1
    shift
    gst-launch-1.0 -q videotestsrc num-buffers=12 ! video/x-raw,format=I420,width=64,height=48,framerate=10/1 ! "$@" \
        ! rtpstreampay ! filesink location="$file"
}
record h264.bin x264enc tune=zerolatency speed-preset=ultrafast key-int-max=6 \
    ! rtph264pay mtu=200 aggregate-mode=zero-latency config-interval=-1 pt=96
record h265.bin x265enc tune=zerolatency speed-preset=ultrafast key-int-max=6 \
    ! rtph265pay mtu=200 aggregate-mode=zero-latency config-interval=-1 pt=96
record jpeg.bin jpegenc quality=60 ! rtpjpegpay mtu=400 pt=26
