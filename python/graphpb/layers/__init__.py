"""Layers that own their variables, as classes and functions."""

from graphpb.layers.base import InputSpec as InputSpec
from graphpb.layers.base import Layer as Layer
from graphpb.layers.conv import Conv1D as Conv1D
from graphpb.layers.conv import Conv2D as Conv2D
from graphpb.layers.conv import Conv2DTranspose as Conv2DTranspose
from graphpb.layers.conv import Conv3D as Conv3D
from graphpb.layers.conv import Conv3DTranspose as Conv3DTranspose
from graphpb.layers.conv import Convolution1D as Convolution1D
from graphpb.layers.conv import Convolution2D as Convolution2D
from graphpb.layers.conv import Convolution2DTranspose as Convolution2DTranspose
from graphpb.layers.conv import Convolution3D as Convolution3D
from graphpb.layers.conv import Convolution3DTranspose as Convolution3DTranspose
from graphpb.layers.conv import Deconv2D as Deconv2D
from graphpb.layers.conv import Deconv3D as Deconv3D
from graphpb.layers.conv import Deconvolution2D as Deconvolution2D
from graphpb.layers.conv import Deconvolution3D as Deconvolution3D
from graphpb.layers.conv import SeparableConv1D as SeparableConv1D
from graphpb.layers.conv import SeparableConv2D as SeparableConv2D
from graphpb.layers.conv import SeparableConvolution1D as SeparableConvolution1D
from graphpb.layers.conv import SeparableConvolution2D as SeparableConvolution2D
from graphpb.layers.conv import conv1d as conv1d
from graphpb.layers.conv import conv2d as conv2d
from graphpb.layers.conv import conv2d_transpose as conv2d_transpose
from graphpb.layers.conv import conv3d as conv3d
from graphpb.layers.conv import conv3d_transpose as conv3d_transpose
from graphpb.layers.conv import convolution1d as convolution1d
from graphpb.layers.conv import convolution2d as convolution2d
from graphpb.layers.conv import convolution2d_transpose as convolution2d_transpose
from graphpb.layers.conv import convolution3d as convolution3d
from graphpb.layers.conv import convolution3d_transpose as convolution3d_transpose
from graphpb.layers.conv import deconv2d as deconv2d
from graphpb.layers.conv import deconv3d as deconv3d
from graphpb.layers.conv import deconvolution2d as deconvolution2d
from graphpb.layers.conv import deconvolution3d as deconvolution3d
from graphpb.layers.conv import separable_conv1d as separable_conv1d
from graphpb.layers.conv import separable_conv2d as separable_conv2d
from graphpb.layers.conv import separable_convolution2d as separable_convolution2d
from graphpb.layers.dense import Dense as Dense
from graphpb.layers.dense import Dropout as Dropout
from graphpb.layers.dense import Flatten as Flatten
from graphpb.layers.dense import dense as dense
from graphpb.layers.dense import dropout as dropout
from graphpb.layers.dense import flatten as flatten
from graphpb.layers.normalize import BatchNorm as BatchNorm
from graphpb.layers.normalize import BatchNormalization as BatchNormalization
from graphpb.layers.normalize import batch_norm as batch_norm
from graphpb.layers.normalize import batch_normalization as batch_normalization
from graphpb.layers.pool import AveragePooling1D as AveragePooling1D
from graphpb.layers.pool import AveragePooling2D as AveragePooling2D
from graphpb.layers.pool import AveragePooling3D as AveragePooling3D
from graphpb.layers.pool import AvgPool1D as AvgPool1D
from graphpb.layers.pool import AvgPool2D as AvgPool2D
from graphpb.layers.pool import AvgPool3D as AvgPool3D
from graphpb.layers.pool import MaxPool1D as MaxPool1D
from graphpb.layers.pool import MaxPool2D as MaxPool2D
from graphpb.layers.pool import MaxPool3D as MaxPool3D
from graphpb.layers.pool import MaxPooling1D as MaxPooling1D
from graphpb.layers.pool import MaxPooling2D as MaxPooling2D
from graphpb.layers.pool import MaxPooling3D as MaxPooling3D
from graphpb.layers.pool import average_pooling1d as average_pooling1d
from graphpb.layers.pool import average_pooling2d as average_pooling2d
from graphpb.layers.pool import average_pooling3d as average_pooling3d
from graphpb.layers.pool import avg_pool1d as avg_pool1d
from graphpb.layers.pool import avg_pool2d as avg_pool2d
from graphpb.layers.pool import avg_pool3d as avg_pool3d
from graphpb.layers.pool import max_pool1d as max_pool1d
from graphpb.layers.pool import max_pool2d as max_pool2d
from graphpb.layers.pool import max_pool3d as max_pool3d
from graphpb.layers.pool import max_pooling1d as max_pooling1d
from graphpb.layers.pool import max_pooling2d as max_pooling2d
from graphpb.layers.pool import max_pooling3d as max_pooling3d


def __getattr__(name):
    from graphpb.ledger import absent

    raise absent(__name__, name)
