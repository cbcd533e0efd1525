"""Run diffusers' own scheduler classes in float64 and record what they draw: python3 make-diffusers-golden.py DIFFUSERS_CHECKOUT > diffusers-golden.json

Needs PyTorch, NumPy and SciPy, not diffusers: its scheduler files are copied, float32 is replaced by float64 in the copy, and the few helpers that
they import are stood in for. Noise comes from a list, Brownian trees too. The network is a function of its input and its time that no scheduler knows.
Recorded with diffusers 58eb52c0803ea9af3abec60841c2a093bdf1f951, PyTorch 2.13.0, NumPy 2.4.6. `parameters` are the settings that each class has.
"""
import importlib, inspect, json, math, os, re, shutil, subprocess, sys, tempfile, types

import numpy as np
import torch

folder = tempfile.mkdtemp()
source = os.path.join(sys.argv[1], 'src/diffusers/schedulers')
os.makedirs(f'{folder}/diffusers/schedulers/deprecated')
os.makedirs(f'{folder}/diffusers/utils')
files = [*os.listdir(source), *(f'deprecated/{name}' for name in os.listdir(f'{source}/deprecated'))]
for name in files:
    if re.match(r'(deprecated/)?scheduling_(?!utils).*\.py', name) and 'flax' not in name:
        text = open(os.path.join(source, name)).read()
        open(f'{folder}/diffusers/schedulers/{name}', 'w').write(text.replace('float32', 'float64').replace('.float()', '.double()'))
stands = {
    '__init__': '', 'schedulers/__init__': '', 'schedulers/deprecated/__init__': '',
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
for name in sorted(files):
    if name.endswith('.py') and os.path.exists(f'{folder}/diffusers/schedulers/{name}') and os.path.basename(name) not in ('__init__.py', 'scheduling_utils.py'):
        module = importlib.import_module('diffusers.schedulers.' + name[:-3].replace('/', '.'))
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
    ('DDPMScheduler', {'variance_type': 'fixed_large', **quiet}, [5]),
    ('CogVideoXDDIMScheduler', {'rescale_betas_zero_snr': True, 'prediction_type': 'v_prediction', 'timestep_spacing': 'trailing'}, [1, 5, 10]),
    ('CogVideoXDDIMScheduler', {'snr_shift_scale': 1.5, 'set_alpha_to_one': False, 'steps_offset': 1}, [4]),
    ('CogVideoXDPMScheduler', {'rescale_betas_zero_snr': True, 'prediction_type': 'v_prediction', 'timestep_spacing': 'trailing'}, [1, 2, 5, 20]),
    ('CogVideoXDPMScheduler', {}, [5]),
    ('DDIMInverseScheduler', {**sd, **quiet}, [1, 5]),
    ('DDIMInverseScheduler', {**sd, 'clip_sample_range': 1.2, 'prediction_type': 'v_prediction', 'timestep_spacing': 'trailing'}, [5]),
    ('DDIMInverseScheduler', {**sd, **quiet, 'set_alpha_to_one': False, 'steps_offset': 1, 'prediction_type': 'sample'}, [5]),
    ('DPMSolverMultistepInverseScheduler', {**sd}, [1, 5, 20]),
    ('DPMSolverMultistepInverseScheduler', {**sd, 'timestep_spacing': 'trailing', 'solver_type': 'heun', 'prediction_type': 'v_prediction'}, [5]),
    ('DPMSolverMultistepInverseScheduler', {**sd, 'timestep_spacing': 'leading', 'steps_offset': 1}, [5]),
    ('DPMSolverMultistepInverseScheduler', {**sd, 'use_karras_sigmas': True}, [5]),
    ('DDPMWuerstchenScheduler', {}, [1, 5]),
    ('DDPMWuerstchenScheduler', {'scaler': 2.0}, [5]),
    ('DDPMWuerstchenScheduler', {'scaler': 0.5, 's': 0.01}, [5]),
    ('DPMSolverSinglestepScheduler', {**sd}, [1, 2, 5, 8]),
    ('DPMSolverSinglestepScheduler', {**sd, 'solver_order': 3, 'use_karras_sigmas': True}, [5, 6, 7]),
    ('DPMSolverSinglestepScheduler', {**sd, 'solver_order': 3, 'solver_type': 'heun', 'final_sigmas_type': 'sigma_min'}, [3, 6, 7]),
    ('DPMSolverSinglestepScheduler', {**sd, **sde, 'solver_type': 'heun', 'lower_order_final': True}, [5, 6]),
    ('DPMSolverSinglestepScheduler', {'solver_order': 1, 'prediction_type': 'flow_prediction', 'use_flow_sigmas': True, 'flow_shift': 3.0}, [4]),
    ('KarrasVeScheduler', {}, [2, 5]),
    ('KarrasVeScheduler', {'s_churn': 2, 's_noise': 1, 'sigma_max': 8, 's_max': 1000}, [5]),
    ('ScoreSdeVeScheduler', {}, [2, 5]),
    ('ScoreSdeVeScheduler', {'snr': 0.1, 'correct_steps': 2, 'sigma_max': 50.0}, [5]),
    ('ScoreSdeVpScheduler', {}, [2, 5]),
    ('ScoreSdeVpScheduler', {'beta_max': 15, 'sampling_eps': 0.01}, [20]),
    ('RePaintScheduler', {'num_train_timesteps': 8, **quiet}, [8], {'jump_length': 2, 'jump_n_sample': 3}),
    ('RePaintScheduler', {'num_train_timesteps': 6, 'eta': 0.7, 'beta_schedule': 'scaled_linear'}, [6], {'jump_length': 3, 'jump_n_sample': 2}),
    ('PNDMScheduler', {**sd}, [4, 5, 10]),
    ('DPMSolverMultistepScheduler', {**sd, 'use_karras_sigmas': True, 'final_sigmas_type': 'sigma_min'}, [5, 20]),
    ('DPMSolverMultistepScheduler', {**sd, 'use_karras_sigmas': True, 'final_sigmas_type': 'sigma_min', 'solver_order': 3}, [5, 15]),
    ('DPMSolverMultistepScheduler', {**sd, 'euler_at_final': True}, [5, 20]),
    ('DPMSolverMultistepScheduler', {**sd, 'lower_order_final': False, 'final_sigmas_type': 'sigma_min'}, [5]),
    ('DPMSolverMultistepScheduler', {**sd, 'euler_at_final': True, 'final_sigmas_type': 'sigma_min'}, [20]),
    ('UniPCMultistepScheduler', {**sd, 'use_karras_sigmas': True, 'final_sigmas_type': 'sigma_min'}, [5]),
    ('UniPCMultistepScheduler', {**sd, 'use_beta_sigmas': True, 'final_sigmas_type': 'sigma_min', 'solver_order': 3, 'solver_type': 'bh1'}, [2, 7]),
    ('SASolverScheduler', {**sd, 'use_karras_sigmas': True}, [2, 5, 12]),
    ('SASolverScheduler', {**sd, 'use_exponential_sigmas': True, 'predictor_order': 3, 'corrector_order': 3, 'lower_order_final': False}, [6]),
    ('DEISMultistepScheduler', {**sd, 'use_beta_sigmas': True}, [5]),
    ('UniPCMultistepScheduler', {**sd, 'lower_order_final': False, 'final_sigmas_type': 'sigma_min'}, [5]),
    ('EulerDiscreteScheduler', {**sd, 'use_karras_sigmas': True, 'final_sigmas_type': 'sigma_min'}, [5]),
    ('PNDMScheduler', {**sd, 'skip_prk_steps': True, 'timestep_spacing': 'trailing', 'set_alpha_to_one': True}, [5]),
]
known, mask = [0.3, -0.8, 0.5], [1.0, 0.0, 1.0]  # RePaint's
ratio_gauge = ['Euler', 'EulerAncestral', 'Heun', 'KDPM2', 'KDPM2Ancestral', 'LMS', 'DPMSolverSDE', 'EDM', 'Cosine', 'CM']
flows = ['Flow', 'LTX']
twice = ['KDPM2AncestralDiscreteScheduler', 'KDPM2DiscreteScheduler', 'HeunDiscreteScheduler']


def first_sigma(name, scheduler, t):
    """The noise of the start in the scheduler's own scale."""
    if name == 'SCMScheduler':
        return math.sin(1.5708)
    if name == 'IPNDMScheduler':
        return float(scheduler.betas[0])
    if name.startswith('KarrasVe'):
        return float(scheduler.schedule[-1])
    if name.startswith('ScoreSdeVe'):
        return scheduler.config.sigma_max
    if name.startswith('ScoreSdeVp'):
        return math.sqrt(1 - math.exp(-0.5 * (scheduler.config.beta_max - scheduler.config.beta_min) - scheduler.config.beta_min))
    if name.startswith('DDPMWuerstchen'):
        return math.sqrt(1 - float(scheduler._alpha_cumprod(t, 'cpu')))
    if 'Inverse' in name:
        return 1  # an image
    sigma = float(scheduler.sigmas[0]) if hasattr(scheduler, 'sigmas') else None
    if sigma is None:
        return float((1 - scheduler.alphas_cumprod[int(t)]) ** 0.5)
    if name.startswith(tuple(flows)) or scheduler.config.get('use_flow_sigmas') or name.startswith(tuple(ratio_gauge)):
        return sigma
    return sigma / math.sqrt(1 + sigma ** 2)


def walk(name, scheduler, x, timesteps, told):
    """The loop of the classes whose step is like everyone's."""
    for call, t in enumerate(timesteps):
        index = call // 2 if name in twice else call
        torch_utils.noise = lambda: torch.tensor(draws[index])
        if name in ('DPMSolverSDEScheduler', 'CosineDPMSolverMultistepScheduler'):
            scheduler.noise_sampler = lambda a, b: torch.tensor(draws[index])
        scaled = scheduler.scale_model_input(x, t) if hasattr(scheduler, 'scale_model_input') else x
        told.append(float(t))
        more_options = {'use_clipped_model_output': True} if name.startswith('DDIM') and 'Inverse' not in name else {}
        out = scheduler.step(network(scaled, t), t, x, **more_options)
        x = out.prev_sample if hasattr(out, 'prev_sample') else out[0]
    return x


def in_turn():
    """Noise from the list, one draw after the other."""
    counter = iter(range(len(draws)))
    torch_utils.noise = lambda: torch.tensor(draws[next(counter)])


# The loops of the pipelines whose classes have steps of their own.
def walk_cogvideox_dpm(name, scheduler, x, timesteps, told):
    old = None
    for call, t in enumerate(timesteps):
        torch_utils.noise = lambda: torch.tensor(draws[call])
        told.append(float(t))
        x, old = scheduler.step(network(x, t), old, t, timesteps[call - 1] if call > 0 else None, x)
    return x


def walk_wuerstchen(name, scheduler, x, timesteps, told):
    for call, t in enumerate(timesteps[:-1]):
        torch_utils.noise = lambda: torch.tensor(draws[call])
        told.append(float(t))
        x = scheduler.step(network(x, t), t.expand(1), x).prev_sample
    return x


def walk_karras_ve(name, scheduler, x, timesteps, told):
    for call, t in enumerate(timesteps):
        torch_utils.noise = lambda: torch.tensor(draws[call])
        sigma, end = scheduler.schedule[t], scheduler.schedule[t - 1] if t > 0 else 0
        raised, hat = scheduler.add_noise_to_input(x, sigma)
        told.append(float(hat))
        out = scheduler.step(network(raised, hat), hat, end, raised)
        x = out.prev_sample
        if end != 0:
            told.append(float(end))
            x = scheduler.step_correct(network(x, end), hat, end, raised, x, out.derivative).prev_sample
    return x


def walk_score_ve(name, scheduler, x, timesteps, told):
    in_turn()
    for i, t in enumerate(timesteps):
        for _ in range(scheduler.config.correct_steps):
            told.append(float(scheduler.sigmas[i]))
            x = scheduler.step_correct(network(x, scheduler.sigmas[i]), x).prev_sample
        told.append(float(scheduler.sigmas[i]))
        out = scheduler.step_pred(network(x, scheduler.sigmas[i]), t, x)
        x = out.prev_sample
    return out.prev_sample_mean


def walk_score_vp(name, scheduler, x, timesteps, told):
    in_turn()
    for t in timesteps:
        told.append(float(t))
        x, mean = scheduler.step_pred(network(x, t), x, t)
    return mean


def walk_repaint(name, scheduler, x, timesteps, told):
    last = timesteps[0] + 1
    in_turn()
    for t in timesteps:
        if t < last:
            told.append(float(t))
            x = scheduler.step(network(x, t), t, x, torch.tensor([[[known]]]), torch.tensor([[[mask]]])).prev_sample
        else:
            x = scheduler.undo_step(x, last)
        last = t
    return x


walks = {
    'CogVideoXDPMScheduler': walk_cogvideox_dpm, 'DDPMWuerstchenScheduler': walk_wuerstchen, 'KarrasVeScheduler': walk_karras_ve,
    'ScoreSdeVeScheduler': walk_score_ve, 'ScoreSdeVpScheduler': walk_score_vp, 'RePaintScheduler': walk_repaint,
}


def sample(name, settings, steps, more):
    scheduler = classes[name](**settings)
    if name == 'SCMScheduler':
        scheduler.set_timesteps(steps, max_timesteps=1.5708, intermediate_timesteps=None)
        timesteps = scheduler.timesteps[:-1]
    else:
        scheduler.set_timesteps(steps, **more)
        timesteps = scheduler.timesteps
    if name.startswith('ScoreSdeVe'):
        scheduler.set_sigmas(steps)
    if name == 'IPNDMScheduler':
        scheduler.alphas[0] = 1e-6  # at 0 it takes x0 for 0, whatever the network says
    x = torch.tensor([[[start]]]) * first_sigma(name, scheduler, timesteps[0])
    told = []
    x = walks.get(name, walk)(name, scheduler, x, timesteps, told)
    return {'class': name, 'settings': settings, 'steps': steps, 'grid': more, 'told': told, 'drawn': x.flatten().tolist()}


cases = []
for name, settings, steps, *more in runs:
    for count in steps:
        try:
            cases.append(sample(name, settings, count, more[0] if more else {}))
        except Exception as error:
            print(name, settings, count, repr(error)[:300], file=sys.stderr)
parameters = {name: [key for key in inspect.signature(classes[name].__init__).parameters if key not in ('self', 'kwargs')] for name, *_ in runs}
json.dump({'start': start, 'draws': draws, 'known': known, 'mask': mask, 'parameters': parameters, 'cases': cases}, sys.stdout)
shutil.rmtree(folder)
