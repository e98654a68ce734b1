"""Programs on other people's machines: bidders, trustees, booths. They speak only HTTP and Socket.IO to a platform."""
