"""The back end of 视频办."""
