"""The demo county: real divisions of Xing County, everything below and everybody in it invented."""
