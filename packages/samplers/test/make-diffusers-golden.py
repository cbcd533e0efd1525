"""Run diffusers' own scheduler classes in float64 and record what they draw: python3 make-diffusers-golden.py DIFFUSERS_CHECKOUT > diffusers-golden.json

Needs PyTorch, NumPy and SciPy, not diffusers: its scheduler files are copied, float32 is replaced by float64 in the copy, and the few helpers that
they import are stood in for. Noise comes from a list, Brownian trees too. The network is a function of its input and its time that no scheduler knows.
Recorded with diffusers 58eb52c0803ea9af3abec60841c2a093bdf1f951, PyTorch 1.13.
"""
import importlib, inspect, json, math, os, re, shutil, subprocess, sys, tempfile, types

import numpy as np
import torch

folder = tempfile.mkdtemp()
source = os.path.join(sys.argv[1], 'src/diffusers/schedulers')
os.makedirs(f'{folder}/diffusers/schedulers')
os.makedirs(f'{folder}/diffusers/utils')
for name in os.listdir(source):
    if re.match(r'scheduling_(?!utils).*\.py', name) and 'flax' not in name:
        text = open(os.path.join(source, name)).read()
        open(f'{folder}/diffusers/schedulers/{name}', 'w').write(text.replace('float32', 'float64'))
stands = {
    '__init__': '', 'schedulers/__init__': '',
    'utils/__init__': '''
import logging as plain
class BaseOutput:
    def __getitem__(self, i): return list(self.__dict__.values())[i]
def deprecate(*a, **k): pass
def is_scipy_available(): return True
class logging:
    get_logger = staticmethod(plain.getLogger)
''',
    'utils/torch_utils': '''
noise = None
def randn_tensor(shape, **_): return noise().reshape(shape)
''',
    'configuration_utils': '''
import functools, inspect
class Frozen(dict):
    def __getattr__(self, name):
        if name in self: return self[name]
        raise AttributeError(name)
    def __setattr__(self, name, value): self[name] = value
class ConfigMixin:
    def register_to_config(self, **given): self.__dict__['held'] = Frozen({**self.__dict__.get('held', {}), **given})
    @classmethod
    def from_config(cls, config):
        return cls(**{k: v for k, v in config.items() if k in inspect.signature(cls.__init__).parameters})
    @property
    def config(self): return self.__dict__['held']
def register_to_config(init):
    @functools.wraps(init)
    def inner(self, *a, **k):
        bound = inspect.signature(init).bind(self, *a, **k)
        bound.apply_defaults()
        self.register_to_config(**{k: v for k, v in bound.arguments.items() if k not in ('self', 'kwargs')})
        init(self, *a, **k)
    return inner
''',
    'schedulers/scheduling_utils': '''
from dataclasses import dataclass
from enum import Enum
import torch
from ..utils import BaseOutput
class KarrasDiffusionSchedulers(Enum): X = 1
class SchedulerMixin: pass
@dataclass
class SchedulerOutput(BaseOutput):
    prev_sample: torch.Tensor
''',
}
for name, text in stands.items():
    open(f'{folder}/diffusers/{name}.py', 'w').write(text)
sys.path.insert(0, folder)
sys.modules['torchsde'] = types.ModuleType('torchsde')
torch.set_default_dtype(torch.float64)
torch_utils = importlib.import_module('diffusers.utils.torch_utils')
classes = {}
for name in sorted(os.listdir(f'{folder}/diffusers/schedulers')):
    if name.startswith('scheduling_') and name != 'scheduling_utils.py':
        module = importlib.import_module('diffusers.schedulers.' + name[:-3])
        classes.update({n: c for n, c in vars(module).items() if inspect.isclass(c) and n.endswith('Scheduler')})

start = [-0.27, 1.83, 0.41]
draws = [[round(math.sin(3.7 * k + 1.3 * j + 0.2) * 1.4, 6) for j in range(3)] for k in range(40)]


def network(x, t):
    return 0.6 * torch.sin(1.7 * x + 0.0031 * float(t)) - 0.2 * x + 0.1


sd = dict(beta_schedule='scaled_linear', beta_start=0.00085, beta_end=0.012)
sde = dict(algorithm_type='sde-dpmsolver++')
quiet = dict(clip_sample=False)
# class, settings, steps, more for set_timesteps
runs = [
    ('DDIMScheduler', {**sd, **quiet, 'steps_offset': 1}, [1, 5, 10]),
    ('DDIMScheduler', {**sd, 'clip_sample_range': 0.7, 'prediction_type': 'v_prediction', 'timestep_spacing': 'trailing', 'rescale_betas_zero_snr': True}, [1, 5, 10]),
    ('DDIMScheduler', {**quiet, 'prediction_type': 'sample', 'set_alpha_to_one': False}, [4]),
    ('DDIMScheduler', {'thresholding': True, 'dynamic_thresholding_ratio': 0.7, 'sample_max_value': 1.5}, [4]),
    ('DDIMParallelScheduler', {**sd, **quiet}, [5]),
    ('DDPMScheduler', {'beta_schedule': 'squaredcos_cap_v2'}, [5, 10]),
    ('DDPMParallelScheduler', {**quiet}, [5]),
    ('EulerDiscreteScheduler', {**sd}, [1, 5]),
    ('EulerDiscreteScheduler', {**sd, 'timestep_spacing': 'leading', 'steps_offset': 1, 'use_karras_sigmas': True}, [5, 12]),
    ('EulerDiscreteScheduler', {**sd, 'timestep_spacing': 'trailing', 'use_exponential_sigmas': True, 'final_sigmas_type': 'zero'}, [5]),
    ('EulerDiscreteScheduler', {**sd, 'use_beta_sigmas': True, 'prediction_type': 'v_prediction'}, [5]),
    ('EulerDiscreteScheduler', {**sd, 'trained_betas': [0.01 * (i + 1) / 20 for i in range(50)], 'num_train_timesteps': 50}, [5]),
    ('EulerAncestralDiscreteScheduler', {**sd}, [5, 10]),
    ('HeunDiscreteScheduler', {**sd, 'use_karras_sigmas': True}, [5]),
    ('HeunDiscreteScheduler', {}, [4]),
    ('KDPM2DiscreteScheduler', {**sd}, [5]),
    ('KDPM2AncestralDiscreteScheduler', {**sd}, [5]),
    ('LMSDiscreteScheduler', {**sd}, [4, 8]),
    ('DPMSolverSDEScheduler', {**sd, 'use_karras_sigmas': True}, [5]),
    ('DPMSolverMultistepScheduler', {**sd}, [1, 5, 20]),
    ('DPMSolverMultistepScheduler', {**sd, 'use_karras_sigmas': True, 'solver_type': 'heun', 'timestep_spacing': 'leading', 'steps_offset': 1}, [5, 20]),
    ('DPMSolverMultistepScheduler', {**sd, **sde, 'timestep_spacing': 'trailing'}, [5, 20]),
    ('DPMSolverMultistepScheduler', {**sd, **sde, 'solver_order': 1}, [5]),
    ('DPMSolverMultistepScheduler', {**sd, 'solver_order': 3, 'final_sigmas_type': 'sigma_min'}, [5, 20]),
    ('DPMSolverMultistepScheduler', {**sd, 'use_exponential_sigmas': True}, [5]),
    ('DPMSolverMultistepScheduler', {'prediction_type': 'flow_prediction', 'use_flow_sigmas': True, 'flow_shift': 3.0}, [5]),
    ('UniPCMultistepScheduler', {**sd}, [1, 5, 20]),
    ('UniPCMultistepScheduler', {**sd, 'solver_type': 'bh1', 'solver_order': 3, 'final_sigmas_type': 'sigma_min'}, [5, 12]),
    ('UniPCMultistepScheduler', {'prediction_type': 'flow_prediction', 'use_flow_sigmas': True, 'flow_shift': 5.0}, [5]),
    ('DEISMultistepScheduler', {**sd}, [5, 20]),
    ('DEISMultistepScheduler', {**sd, 'solver_order': 3, 'use_karras_sigmas': True}, [5, 20]),
    ('SASolverScheduler', {**sd}, [5, 12]),
    ('SASolverScheduler', {**sd, 'predictor_order': 3, 'corrector_order': 3, 'timestep_spacing': 'leading'}, [8]),
    ('PNDMScheduler', {**sd, 'skip_prk_steps': True, 'steps_offset': 1}, [5, 10]),
    ('LCMScheduler', {**sd}, [1, 4, 7]),
    ('TCDScheduler', {**sd}, [1, 4, 7]),
    ('FlowMatchEulerDiscreteScheduler', {'shift': 3.0}, [1, 5, 28]),
    ('FlowMatchEulerDiscreteScheduler', {'use_dynamic_shifting': True, 'shift_terminal': 0.1}, [5], {'mu': 0.8}),
    ('FlowMatchEulerDiscreteScheduler', {'use_dynamic_shifting': True, 'time_shift_type': 'linear'}, [5], {'mu': 1.7}),
    ('FlowMatchEulerDiscreteScheduler', {'shift': 2.0, 'use_karras_sigmas': True, 'stochastic_sampling': True}, [5]),
    ('FlowMatchHeunDiscreteScheduler', {'shift': 3.0}, [5]),
    ('FlowMatchLCMScheduler', {'shift': 3.0}, [4]),
    ('FlowMapEulerDiscreteScheduler', {'shift': 3.0}, [4]),
    ('LTXEulerAncestralRFScheduler', {'eta': 0.8}, [5]),
    ('EDMEulerScheduler', {}, [5]),
    ('EDMDPMSolverMultistepScheduler', {}, [5, 20]),
    ('EDMDPMSolverMultistepScheduler', {'algorithm_type': 'sde-dpmsolver++', 'sigma_schedule': 'exponential', 'prediction_type': 'v_prediction'}, [5]),
    ('CosineDPMSolverMultistepScheduler', {}, [5]),
    ('CMStochasticIterativeScheduler', {}, [1, 2, 5]),
    ('IPNDMScheduler', {}, [5, 10]),
    ('SCMScheduler', {'sigma_data': 1.0}, [1, 2]),
]
ratio_gauge = ['Euler', 'EulerAncestral', 'Heun', 'KDPM2', 'KDPM2Ancestral', 'LMS', 'DPMSolverSDE', 'EDM', 'Cosine', 'CM']
flows = ['Flow', 'LTX']
twice = ['KDPM2AncestralDiscreteScheduler', 'KDPM2DiscreteScheduler', 'HeunDiscreteScheduler']


def first_sigma(name, scheduler, t):
    """The noise of the start in the scheduler's own scale."""
    if name == 'SCMScheduler':
        return math.sin(1.5708)
    if name == 'IPNDMScheduler':
        return float(scheduler.betas[0])
    sigma = float(scheduler.sigmas[0]) if hasattr(scheduler, 'sigmas') else None
    if sigma is None:
        return float((1 - scheduler.alphas_cumprod[int(t)]) ** 0.5)
    if name.startswith(tuple(flows)) or scheduler.config.get('use_flow_sigmas') or name.startswith(tuple(ratio_gauge)):
        return sigma
    return sigma / math.sqrt(1 + sigma ** 2)


def sample(name, settings, steps, more):
    scheduler = classes[name](**settings)
    if name == 'SCMScheduler':
        scheduler.set_timesteps(steps, max_timesteps=1.5708, intermediate_timesteps=None)
        timesteps = scheduler.timesteps[:-1]
    else:
        scheduler.set_timesteps(steps, **more)
        timesteps = scheduler.timesteps
    if name == 'IPNDMScheduler':
        scheduler.alphas[0] = 1e-6  # at 0 it takes x0 for 0, whatever the network says
    x = torch.tensor([[[start]]]) * first_sigma(name, scheduler, timesteps[0])
    told = []
    for call, t in enumerate(timesteps):
        index = call // 2 if name in twice else call
        torch_utils.noise = lambda: torch.tensor(draws[index])
        if name in ('DPMSolverSDEScheduler', 'CosineDPMSolverMultistepScheduler'):
            scheduler.noise_sampler = lambda a, b: torch.tensor(draws[index])
        scaled = scheduler.scale_model_input(x, t) if hasattr(scheduler, 'scale_model_input') else x
        told.append(float(t))
        more_options = {'use_clipped_model_output': True} if name.startswith('DDIM') else {}
        out = scheduler.step(network(scaled, t), t, x, **more_options)
        x = out.prev_sample if hasattr(out, 'prev_sample') else out[0]
    return {'class': name, 'settings': settings, 'steps': steps, 'grid': more, 'told': told, 'drawn': x.flatten().tolist()}


cases = []
for name, settings, steps, *more in runs:
    for count in steps:
        try:
            cases.append(sample(name, settings, count, more[0] if more else {}))
        except Exception as error:
            print(name, settings, count, repr(error)[:300], file=sys.stderr)
json.dump({'start': start, 'draws': draws, 'cases': cases}, sys.stdout)
shutil.rmtree(folder)
