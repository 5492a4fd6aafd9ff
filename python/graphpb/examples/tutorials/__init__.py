"""The tutorials' data readers."""

from graphpb.examples.tutorials import mnist as mnist
