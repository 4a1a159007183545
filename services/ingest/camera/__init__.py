"""One camera in its own process: run its sources, make frames of its pictures, put them on the bus.

camera.py            connects, delivers and reconnects
picture_delivery.py  makes frames of the pictures, or judges why there are none
reader_exchange.py   when another reader of the camera has its turn
streams.py           the main and the small stream of a camera, and which makes what
state.py             the camera's state, and how it changes
renditions.py        which frames are made of a picture
bus_publisher.py     the frames' and the status's way to the bus
demand.py            what the bus's subscriptions ask for
"""
