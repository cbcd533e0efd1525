"""A peer for the forward pass: ONNX Runtime on the network of torch_bench.py, exported by PyTorch, on the processor.

usage: ort_bench.py [the flags of torch_bench.py that describe the network and the work]

Prints one JSON line: the version, parameters, images/s of a forward pass, the peak memory in MB (PyTorch's export included) and
the largest difference to PyTorch's output.
"""
import json
import os
import tempfile

import onnxruntime
import torch

from bench_options import images_per_second, options, peak_mb
from torch_bench import UNet


def main():
    args = options()
    torch.set_num_threads(args.threads)
    net = UNet(args.channels, args.mult, args.blocks, args.attn, args.res, args.in_channels).eval()
    inputs = torch.randn(args.batch, args.in_channels, args.res, args.res), torch.rand(args.batch)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        path = os.path.join(folder, 'network.onnx')
        torch.onnx.export(net, inputs, path, dynamo=True, verbose=False, external_data=False)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = args.threads
        session = onnxruntime.InferenceSession(path, settings, providers=['CPUExecutionProvider'])
        feeds = {given.name: value.numpy() for given, value in zip(session.get_inputs(), inputs)}
        result = {
            'onnxruntime': onnxruntime.__version__,
            'params': sum(parameter.numel() for parameter in net.parameters()),
            'forward': images_per_second(args, lambda: session.run(None, feeds)),
            'peakRssMB': peak_mb(),
            'difference': float(abs(session.run(None, feeds)[0] - net(*inputs).numpy()).max()),
        }
    print(json.dumps(result))


main()
