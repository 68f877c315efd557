# SPDX-License-Identifier: MIT
"""Executable specification of the networks, samplers, losses and optimiser steps, in plain PyTorch.

Parameter names and shapes are the ones that users' existing PyTorch checkpoints carry, so a
checkpoint whose tensors have these names must load. Tensors are NCHW, float32 or float64. Run
`python3 nextframe_torch.py` for a self-check (Debian: python3-torch, 1.13 or newer).
It is slow and plain on purpose: it says WHAT is computed, not how.
make_golden.py writes the reference numbers of tests/golden/data from it.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


# --------------------------------------------------------------------------- building blocks
def groups(c):
    """Number of GroupNorm groups for c channels: at most 32, about 4 channels each, dividing c."""
    g = min(c // 4, 32)
    while c % g:
        g -= 1
    return g


def fir2(x, up):
    """Resample by 2 with the separable FIR (1,3,3,1)/8: up (gain 4) or down, zero padded."""
    k = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=x.dtype)
    k = torch.outer(k, k)
    k = k / k.sum() * (4 if up else 1)
    n, c, h, w = x.shape
    if up:
        z = x.new_zeros(n, c, 2 * h, 2 * w)
        z[:, :, ::2, ::2] = x                      # zero-stuffing
        z = F.pad(z, (2, 1, 2, 1))
    else:
        z = F.pad(x, (1, 1, 1, 1))
    z = F.conv2d(z.reshape(n * c, 1, *z.shape[2:]), k.flip(0, 1)[None, None])
    z = z.reshape(n, c, *z.shape[2:])
    return z if up else z[:, :, ::2, ::2]


def time_embedding(t, dim):
    """Sinusoidal embedding of integer time labels t[B] -> [B, dim]: sines, then cosines."""
    half = dim // 2
    f = torch.exp(torch.arange(half, dtype=torch.float32) * -(math.log(10000) / (half - 1)))
    a = t.float()[:, None] * f[None]
    e = torch.cat([a.sin(), a.cos()], 1)
    return F.pad(e, (0, 1)) if dim % 2 else e


class NIN(nn.Module):
    """1x1 convolution stored as a matrix W[in, out] and bias b[out]."""

    def __init__(self, cin, cout):
        super().__init__()
        self.W, self.b = nn.Parameter(torch.empty(cin, cout)), nn.Parameter(torch.zeros(cout))

    def forward(self, x):
        return torch.einsum("bchw,co->bohw", x, self.W) + self.b[None, :, None, None]


class Spade(nn.Module):
    """Group normalisation (no affine, eps 1e-6) modulated by maps computed from the conditioning
    frames: y = norm(x) * (1 + gamma(cond)) + beta(cond). gamma and beta do not depend on x or t."""

    def __init__(self, c, cond_ch, dim):
        super().__init__()
        self.c = c
        self.mlp_shared = nn.Sequential(nn.Conv2d(cond_ch, dim, 3, padding=1), nn.SiLU())
        self.mlp_gamma = nn.Conv2d(dim, c, 3, padding=1)
        self.mlp_beta = nn.Conv2d(dim, c, 3, padding=1)

    def forward(self, x, cond):
        a = self.mlp_shared(F.interpolate(cond, size=x.shape[-2:], mode="nearest"))
        return F.group_norm(x, groups(self.c), eps=1e-6) * (1 + self.mlp_gamma(a)) + self.mlp_beta(a)


class ActNorm(nn.Module):
    """norm -> (1 + scale(t)) * . + shift(t) -> SiLU. Norm_0 is Spade, or GroupNorm with eps 1e-5,
    affine only where there is no time embedding."""

    def __init__(self, c, temb, cond_ch, dim):
        super().__init__()
        if temb:
            self.Dense_0 = nn.Linear(temb, 2 * c)
        self.Norm_0 = Spade(c, cond_ch, dim) if cond_ch else nn.GroupNorm(groups(c), c, eps=1e-5, affine=not temb)
        self.spade = bool(cond_ch)

    def forward(self, x, temb, cond):
        x = self.Norm_0(x, cond) if self.spade else self.Norm_0(x)
        if temb is not None:
            scale, shift = self.Dense_0(F.silu(temb))[:, :, None, None].chunk(2, 1)
            x = x * (1 + scale) + shift
        return F.silu(x)


class ResBlock(nn.Module):
    """BigGAN-style residual block; the output is (shortcut + h) / sqrt(2)."""

    def __init__(self, cin, cout, temb, cond_ch, dim, resample=None, dropout=0.1):
        super().__init__()
        self.resample, self.p = resample, dropout
        self.actnorm0 = ActNorm(cin, temb, cond_ch, dim)
        self.Conv_0 = nn.Conv2d(cin, cout, 3, padding=1)
        self.actnorm1 = ActNorm(cout, temb, cond_ch, dim)
        self.Conv_1 = nn.Conv2d(cout, cout, 3, padding=1)
        if cin != cout or resample:
            self.Conv_2 = nn.Conv2d(cin, cout, 1)

    def forward(self, x, temb, cond):
        h = self.actnorm0(x, temb, cond)
        if self.resample:
            h, x = fir2(h, self.resample == "up"), fir2(x, self.resample == "up")
        h = self.actnorm1(self.Conv_0(h), temb, cond)
        h = self.Conv_1(F.dropout(h, self.p, self.training))
        if hasattr(self, "Conv_2"):
            x = self.Conv_2(x)
        return (x + h) / math.sqrt(2)


class Attention(nn.Module):
    """Self-attention over all pixels, heads of head_ch channels; output (x + h) / sqrt(2)."""

    def __init__(self, c, head_ch):
        super().__init__()
        self.GroupNorm_0 = nn.GroupNorm(groups(c), c, eps=1e-6)
        self.NIN_0, self.NIN_1, self.NIN_2, self.NIN_3 = (NIN(c, c) for _ in range(4))
        self.heads = 1 if head_ch == -1 or c < head_ch else c // head_ch

    def forward(self, x):
        b, c, h, w = x.shape
        n = self.GroupNorm_0(x)
        q, k, v = (m(n).reshape(b * self.heads, c // self.heads, h * w) for m in (self.NIN_0, self.NIN_1, self.NIN_2))
        a = torch.softmax(q.transpose(1, 2) @ k * (c // self.heads) ** -0.5, -1)
        y = (v @ a.transpose(1, 2)).reshape(b, c, h, w)
        return (x + self.NIN_3(y)) / math.sqrt(2)


# --------------------------------------------------------------------------- diffusion U-Net
FULL = dict(image_size=128, channels=3, num_frames=2, num_frames_cond=11, ngf=128, ch_mult=(1, 2, 3, 4, 4),
            num_res_blocks=3, attn_resolutions=(8, 16, 32), n_head_channels=128, spade=True, spade_dim=256,
            num_classes=1000, sigma_begin=0.02, sigma_end=0.0001, sigma_dist="linear", dropout=0.1, guide=False)
GUIDE_CHANNELS = 6                            # of each predicted frame, behind the frames of context


def cond_channels(c):
    """Channels of a UNet's conditioning."""
    return c["channels"] * c["num_frames_cond"] + (GUIDE_CHANNELS * c["num_frames"] if c["guide"] else 0)


class UNet(nn.Module):
    """Noise predictor eps(x_t, t | cond): x [B, num_frames*C, H, W], t [B] labels, cond
    [B, num_frames_cond*C, H, W], pixels in [-1, 1], frames stacked oldest first along channels.
    spade=True conditions through Spade in every norm; spade=False concatenates cond to x.
    image_size: one side, or rows and columns: attention is where the smaller side is in
    attn_resolutions. guide: cond has the guide's channels, too."""

    def __init__(self, cfg):
        super().__init__()
        self.cfg = c = {**FULL, **cfg}
        nf, mult, size = c["ngf"], c["ch_mult"], c["image_size"]
        size = size if isinstance(size, int) else min(size)
        out_ch, cond_in = c["channels"] * c["num_frames"], cond_channels(c)
        cond_ch = cond_in if c["spade"] else 0
        temb = 4 * nf

        def res(a, b=None, resample=None):
            return ResBlock(a, b or a, temb, cond_ch, c["spade_dim"], resample, c["dropout"])

        def attn(a):
            return Attention(a, c["n_head_channels"])

        m = [nn.Linear(nf, temb), nn.Linear(temb, temb),
             nn.Conv2d(out_ch if c["spade"] else out_ch + cond_in, nf, 3, padding=1)]
        self.plan = []                        # what each module from index 3 on does, in order
        skips, ch = [nf], nf
        for lv, mu in enumerate(mult):
            for _ in range(c["num_res_blocks"]):
                m.append(res(ch, nf * mu)); self.plan.append("res"); ch = nf * mu
                if size >> lv in c["attn_resolutions"]:
                    m.append(attn(ch)); self.plan.append("attn")
                self.plan.append("push"); skips.append(ch)
            if lv + 1 < len(mult):
                m.append(res(ch, resample="down")); self.plan += ["res", "push"]; skips.append(ch)
        m += [res(ch), attn(ch), res(ch)]; self.plan += ["res", "attn", "res"]
        for lv in reversed(range(len(mult))):
            for _ in range(c["num_res_blocks"] + 1):
                m.append(res(ch + skips.pop(), nf * mult[lv])); self.plan.append("cat-res"); ch = nf * mult[lv]
            if size >> lv in c["attn_resolutions"]:
                m.append(attn(ch)); self.plan.append("attn")
            if lv:
                m.append(res(ch, resample="up")); self.plan.append("res")
        m += [ActNorm(ch, 0, cond_ch, c["spade_dim"]), nn.Conv2d(ch, out_ch, 3, padding=1)]
        self.unet = nn.Module()               # names: unet.all_modules.<index>.<parameter>
        self.unet.all_modules = nn.ModuleList(m)

    def forward(self, x, t, cond):
        m = list(self.unet.all_modules)
        if not self.cfg["spade"]:
            x, cond = torch.cat([x, cond], 1), None
        temb = m[1](F.silu(m[0](time_embedding(t, self.cfg["ngf"]).to(x.dtype))))
        h = m[2](x)
        stack, i = [h], 3
        for what in self.plan:
            if what == "push":
                stack.append(h)
                continue
            if what == "cat-res":
                h = torch.cat([h, stack.pop()], 1)
            h = m[i](h) if what == "attn" else m[i](h, temb, cond)
            i += 1
        return m[i + 1](m[i](h, None, cond))


# --------------------------------------------------------------------------- diffusion process
def schedule(cfg):
    """alphas[T] (cumulative products), from the noisiest label 0 to the cleanest label T-1."""
    T = cfg["num_classes"]
    if cfg["sigma_dist"] == "linear":
        beta = torch.linspace(cfg["sigma_begin"], cfg["sigma_end"], T)
        return torch.cumprod(1 - beta.flip(0), 0).flip(0)
    t, s = torch.linspace(T, 0, T + 1) / T, 0.008     # cosine
    f = torch.cos((t + s) / (1 + s) * math.pi / 2) ** 2
    return f[:-1] / f[-1]


def gamma_shapes(alphas, theta=0.001):
    """Shape of the gamma distribution whose numbers, less their mean and divided by their standard deviation,
    are the noise of each label where the network is trained with gamma noise: the sum over the labels from
    the cleanest one on of beta / (alpha theta^2)."""
    k = (1 - alphas / torch.cat([alphas[1:], torch.ones(1)])) / (alphas * theta ** 2)
    return torch.cumsum(k.flip(0), 0).flip(0)


def diffusion_loss(net, x0, cond, labels, z):
    """Mean over the batch of the summed half squared error of the predicted noise."""
    a = schedule(net.cfg)[labels][:, None, None, None]
    e = net(a.sqrt() * x0 + (1 - a).sqrt() * z, labels, cond)
    return (0.5 * (z - e).square()).flatten(1).sum(1).mean()


def even_labels(alphas, steps):
    """Every (labels // steps)-th label from 0, the noisiest, on; all where steps is not smaller."""
    return list(range(0, len(alphas), len(alphas) // steps if steps < len(alphas) else 1))


def log_snr(alpha):
    """Logarithm of signal over noise as amplitudes, in double, finite at 0 and 1."""
    alpha = float(alpha)
    return 0.5 * math.log(max(alpha, 1e-30) / max(1 - alpha, 1e-8))


def snr_labels(alphas, steps):
    """Labels from the noisiest to the cleanest, evenly spaced in log_snr as far as labels allow:
    each is the nearest to its share of the way that is cleaner than the one before and leaves
    enough labels for those behind it. Below -5.1 the way does not count."""
    n = min(steps, len(alphas))
    first, last = max(log_snr(alphas[0]), -5.1), log_snr(alphas[-1])
    labels = [0]
    for i in range(1, n):
        wanted = first + (last - first) * i / (n - 1)
        room = range(labels[-1] + 1, len(alphas) - (n - i) + 1)
        labels.append(min(room, key=lambda k: abs(log_snr(alphas[k]) - wanted)))
    return labels


class Sampling:
    """What the methods of sample() share: the network with its conditioning, the schedule, and
    whether estimates of the clean frames are kept in [-1, 1]."""

    def __init__(self, net, cond, clip, noise):
        self.net, self.cond, self.clip, self.noise = net, cond, clip, noise
        self.alphas = schedule(net.cfg)

    def predict(self, x, label):
        """The noise in x at a label, which may lie between two."""
        return self.net(x, torch.full((len(x),), float(label)), self.cond)

    def clean(self, x, e, alpha):
        x0 = (x - (1 - alpha).sqrt() * e) / alpha.sqrt()
        return x0.clamp(-1, 1) if self.clip else x0

    def transfer(self, x, e, alpha, after):
        """From noise level alpha to another one, given the noise: DDIM's step."""
        return after.sqrt() * self.clean(x, e, alpha) + (1 - after).sqrt() * e

    def levels(self, labels):
        """alphas at the labels, and after each step: the last step ends at clean frames."""
        al = self.alphas[labels]
        return al, torch.cat([al[1:], torch.ones(1)])


def ddim(s, x, labels):
    """Deterministic, first order. Song, Meng, Ermon, "Denoising diffusion implicit models", 2020."""
    for label, a, after in zip(labels, *s.levels(labels)):
        x = s.transfer(x, s.predict(x, label), a, after)
    return x


def ddpm(s, x, labels):
    """Ancestral: noise(i) is added after step i, not after the last one. Ho, Jain, Abbeel,
    "Denoising diffusion probabilistic models", 2020."""
    for i, (label, a, after) in enumerate(zip(labels, *s.levels(labels))):
        x0, beta = s.clean(x, s.predict(x, label), a), 1 - a / after
        x = after.sqrt() * beta / (1 - a) * x0 + (1 - beta).sqrt() * (1 - after) / (1 - a) * x
        if i + 1 < len(labels):
            x = x + ((1 - after) / (1 - a) * beta).sqrt() * s.noise(i)
    return x


def f_pndm(s, x, labels):
    """DDIM's step with a better noise: pseudo Runge-Kutta in the first three steps, then the linear
    multi-step over four predictions. Half-way between labels of odd distance the noise level is the
    geometric mean of the two nearest. The last step, to clean frames, has no label to look ahead
    to, so it is never a Runge-Kutta step and takes the multi-step of as many predictions as there
    are. Liu, Ren, Lin, Zhao, "Pseudo numerical methods for diffusion models on manifolds", 2022."""
    weights = {1: [1], 2: [3 / 2, -1 / 2], 3: [23 / 12, -16 / 12, 5 / 12], 4: [55 / 24, -59 / 24, 37 / 24, -9 / 24]}
    past = []                                 # newest first
    al, after = s.levels(labels)
    for i, label in enumerate(labels):
        e1 = s.predict(x, label)
        past = [e1] + past[:3]
        if len(past) < 4 and i + 1 < len(labels):
            half, odd = (label + labels[i + 1]) // 2, (label + labels[i + 1]) % 2
            middle = (s.alphas[half] * s.alphas[half + odd]).sqrt()
            e2 = s.predict(s.transfer(x, e1, al[i], middle), half + odd / 2)
            e3 = s.predict(s.transfer(x, e2, al[i], middle), half + odd / 2)
            e4 = s.predict(s.transfer(x, e3, al[i], after[i]), labels[i + 1])
            e = (e1 + 2 * e2 + 2 * e3 + e4) / 6
        else:
            e = sum(w * p for w, p in zip(weights[len(past)], past))
        x = s.transfer(x, e, al[i], after[i])
    return x


def dpm_solver(s, x, labels):
    """DPM-Solver++(2M): deterministic, second order: x0 is carried on by half of its last change.
    The first and the last step are DDIM's. As a step of DDIM and a correction: clipping acts on x0
    alone, the noise stays as predicted. Lu, Zhou, Bao, Chen, Li, Zhu, "DPM-Solver++", 2022."""
    past = None                               # x0 and h of the step before
    for i, (label, a, after) in enumerate(zip(labels, *s.levels(labels))):
        e = s.predict(x, label)
        x0 = s.clean(x, e, a)
        x = after.sqrt() * x0 + (1 - after).sqrt() * e
        if i + 1 < len(labels):
            h = log_snr(after) - log_snr(a)
            if past:
                # sqrt(a') (1 - exp(-h)), with exp(-h) = (s' / s) sqrt(a / a')
                gain = after.sqrt() - ((1 - after) / (1 - a)).sqrt() * a.sqrt()
                x = x + gain * h / (2 * past[1]) * (x0 - past[0])
            past = x0, h
    return x


SAMPLERS = {"ddim": (ddim, even_labels), "ddpm": (ddpm, even_labels), "f-pndm": (f_pndm, even_labels),
            "dpm-solver++": (dpm_solver, snr_labels)}


@torch.no_grad()
def sample(net, x, cond, method="ddim", steps=50, noise=None, clip=True, denoise=True, last_label="step"):
    """Frames from x ~ N(0,1) by one of SAMPLERS. noise(i): the i-th step's noise, for ddpm.
    denoise adds one last noise removal; older PyTorch runs evaluated it at label len(steps)-1
    (last_label='count'), which is a slip: the label of the last step is the right one."""
    walk, choose = SAMPLERS[method]
    s = Sampling(net, cond, clip, noise)
    labels = choose(s.alphas, steps)
    x = walk(s, x, labels)
    if denoise:
        label = labels[-1] if last_label == "step" else len(labels) - 1
        x = x - (1 - s.alphas[labels[-1]]).sqrt() * s.predict(x, label)
    return x


@torch.no_grad()
def rollout(net, frames, target, init, **kw):
    """Skip-frame strategy. frames [B, 11*C, H, W] are frames 1..11; blocks of num_frames are drawn
    (12-13, 14-15, ..., 20-21, 22-23) with the window sliding by num_frames, until `target` (22).
    init(i): the i-th block's initial noise. Returns frame `target`, [B, C, H, W]."""
    c, nf, nc = net.cfg["channels"], net.cfg["num_frames"], net.cfg["num_frames_cond"]
    have = nc
    for i in range(math.ceil((target - nc) / nf)):
        block = sample(net, init(i), frames, **kw).clamp(-1, 1)
        frames, have = torch.cat([frames, block], 1)[:, -nc * c:], have + nf
    at = nf - (have - target) - 1
    return block[:, at * c:(at + 1) * c]


# --------------------------------------------------------------------------- UNet++
RESNET = {"resnet18": ((2, 2, 2, 2), 1), "resnet34": ((3, 4, 6, 3), 1), "resnet50": ((3, 4, 6, 3), 4)}


class Residual(nn.Module):
    """ResNet basic block (expansion 1) or bottleneck (expansion 4, stride on the 3x3)."""

    def __init__(self, cin, c, stride, ex):
        super().__init__()
        if ex == 1:
            self.conv1 = nn.Conv2d(cin, c, 3, stride, 1, bias=False); self.bn1 = nn.BatchNorm2d(c)
            self.conv2 = nn.Conv2d(c, c, 3, 1, 1, bias=False); self.bn2 = nn.BatchNorm2d(c)
        else:
            self.conv1 = nn.Conv2d(cin, c, 1, bias=False); self.bn1 = nn.BatchNorm2d(c)
            self.conv2 = nn.Conv2d(c, c, 3, stride, 1, bias=False); self.bn2 = nn.BatchNorm2d(c)
            self.conv3 = nn.Conv2d(c, 4 * c, 1, bias=False); self.bn3 = nn.BatchNorm2d(4 * c)
        if stride > 1 or cin != c * ex:
            self.downsample = nn.Sequential(nn.Conv2d(cin, c * ex, 1, stride, bias=False), nn.BatchNorm2d(c * ex))

    def forward(self, x):
        h = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if hasattr(self, "conv3"):
            h = self.bn3(self.conv3(F.relu(h)))
        return F.relu(h + (self.downsample(x) if hasattr(self, "downsample") else x))


class Encoder(nn.Module):
    """ResNet without its head; width: channels of the stem, doubled by each stage after the first."""

    def __init__(self, name, cin=3, width=64):
        super().__init__()
        depth, ex = RESNET[name]
        widths = [width << s for s in range(4)]
        self.conv1 = nn.Conv2d(cin, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        c = width
        for s, (n, w) in enumerate(zip(depth, widths)):
            blocks = []
            for i in range(n):
                blocks.append(Residual(c, w, 2 if i == 0 and s else 1, ex)); c = w * ex
            setattr(self, f"layer{s + 1}", nn.Sequential(*blocks))
        self.channels = [width] + [w * ex for w in widths]

    def forward(self, x):
        f = [F.relu(self.bn1(self.conv1(x)))]
        x = F.max_pool2d(f[0], 3, 2, 1)
        for s in range(4):
            x = getattr(self, f"layer{s + 1}")(x)
            f.append(x)
        return f                              # strides 2, 4, 8, 16, 32


class DecoderBlock(nn.Module):
    """Nearest x2 upsampling, concatenation with the skips, two (3x3 conv, BatchNorm, ReLU)."""

    def __init__(self, cin, skip, cout):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(cin + skip, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU())
        self.conv2 = nn.Sequential(nn.Conv2d(cout, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU())

    def forward(self, x, skip=None):
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return self.conv2(self.conv1(x if skip is None else torch.cat([x, skip], 1)))


def class_attributes():
    """[49, 15], 1 where a class has an attribute: 0 ground, 1 object, 2 to 4 shapes, 5 and 6 materials,
    7 to 14 colours. Class 0 is the ground; of the others the colour counts fastest, the shape slowest."""
    has = torch.zeros(49, 15)
    has[0, 0] = 1
    for i in range(48):
        has[i + 1, [1, 2 + i // 16, 5 + i // 8 % 2, 7 + i % 8]] = 1
    return has


class UnetPlusPlus(nn.Module):
    """UNet++ on a ResNet encoder: [B, 3, H, W] (ImageNet-normalised, H and W multiples of 32)
    -> logits [B, classes, H, W]. Nodes decoder.blocks.x_{depth}_{layer} as in the nested grid.
    head="attributes": a filter for each attribute; a class has the sum of its attributes' logits."""

    def __init__(self, encoder="resnet34", classes=49, widths=(256, 128, 64, 32, 16), encoder_width=64,
                 head="classes"):
        super().__init__()
        self.encoder = Encoder(encoder, width=encoder_width)
        if head == "attributes":
            self.register_buffer("has", class_attributes()[:, :, None, None], persistent=False)
        filters = classes if head == "classes" else 15
        enc = self.encoder.channels[::-1]     # deepest first
        head, skip = [enc[0]] + list(widths[:-1]), list(enc[1:]) + [0]
        b = {}
        for layer in range(4):
            for depth in range(layer + 1):
                b[f"x_{depth}_{layer}"] = (
                    DecoderBlock(head[layer], skip[layer] * (layer + 1), widths[layer]) if depth == 0 else
                    DecoderBlock(skip[layer - 1], skip[layer] * (layer + 1 - depth), skip[layer]))
        b["x_0_4"] = DecoderBlock(head[4], 0, widths[4])
        self.decoder = nn.Module()
        self.decoder.blocks = nn.ModuleDict(b)
        self.segmentation_head = nn.Sequential(nn.Conv2d(widths[-1], filters, 3, padding=1))

    def forward(self, image):
        f, b, x = self.encoder(image)[::-1], self.decoder.blocks, {}
        for i in range(4):
            x[i, i] = b[f"x_{i}_{i}"](f[i], f[i + 1])
        for step in range(1, 4):
            for d in range(4 - step):
                s = d + step
                x[d, s] = b[f"x_{d}_{s}"](x[d, s - 1], torch.cat([x[k, s] for k in range(d + 1, s + 1)] + [f[s + 1]], 1))
        logits = self.segmentation_head(b["x_0_4"](x[0, 3]))
        return F.conv2d(logits, self.has) if hasattr(self, "has") else logits


def cross_entropy(logits, target, weights=None, ignored=None):
    """Mean over the pixels, each counted with the weight of its class; a pixel with the ignored label
    counts nowhere."""
    return F.cross_entropy(logits, target, weights, ignore_index=-100 if ignored is None else ignored)


def dice_loss(logits, target, smooth=1e-6, present=False, ignored=None):
    """1 - Dice per image and class over pixels, then the plain mean over all images and classes
    (absent classes included). present: Dice per class over the pixels of the whole batch, then the
    mean over the classes that occur in it. Pixels with the ignored label count nowhere."""
    p = logits.softmax(1)
    y = F.one_hot(target, logits.shape[1]).permute(0, 3, 1, 2).to(p.dtype)
    if ignored is not None:
        counts = (target != ignored)[:, None]
        p, y = p * counts, y * counts
    over = (0, 2, 3) if present else (2, 3)
    dice = (2 * (p * y).sum(over) + smooth) / (p.sum(over) + y.sum(over) + smooth)
    return 1 - (dice[y.sum(over) > 0] if present else dice).mean()


def seg_loss(logits, target, smooth=1e-6, weights=None, present=False, ignored=None):
    """0.5 * cross entropy + 0.5 * Dice."""
    return 0.5 * cross_entropy(logits, target, weights, ignored) + 0.5 * dice_loss(logits, target, smooth, present, ignored)


@torch.no_grad()
def segment_tta(net, image):
    """Test-time augmentation: mean of the softmax of the image and of its mirror image."""
    return (net(image).softmax(1) + net(image.flip(3)).softmax(1).flip(3)) / 2


def jaccard(confusion):
    """Macro Jaccard index of a [K, K] confusion matrix: mean over the classes that occur in the
    prediction or the truth of TP / (TP + FP + FN)."""
    tp = confusion.diag().double()
    union = confusion.sum(0) + confusion.sum(1) - confusion.diag()
    return (tp[union > 0] / union[union > 0]).mean()


# --------------------------------------------------------------------------- optimiser
class Optimiser:
    """A training step's second half. Order: learning rate from the counter (linear warm-up, then
    constant), counter + 1, clipping by the norm of all gradients together, Adam or AdamW with bias
    correction, running average of the parameters. The first step of a training has rate 0."""

    def __init__(self, params, averages, decoupled=True, lr=2e-4, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-4,
                 grad_clip=1.0, warmup=5000, ema_rate=0.9999, counter=0):
        kind = torch.optim.AdamW if decoupled else torch.optim.Adam
        self.params, self.averages, self.counter = params, averages, counter
        self.adam = kind(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        self.lr, self.grad_clip, self.warmup, self.ema_rate = lr, grad_clip, warmup, ema_rate

    @torch.no_grad()
    def step(self):
        """Takes the gradients in params. Returns the learning rate, and their norm before clipping."""
        if self.counter <= self.warmup:
            self.adam.param_groups[0]["lr"] = self.lr * min(self.counter / self.warmup, 1.0)
        self.counter += 1
        norm = torch.nn.utils.clip_grad_norm_(self.params, self.grad_clip)
        self.adam.step()
        for p, a in zip(self.params, self.averages):
            a.copy_((1 - self.ema_rate) * p + self.ema_rate * a)
        return self.adam.param_groups[0]["lr"], float(norm)

    def moments(self, p):
        state = self.adam.state[p]
        return state["exp_avg"], state["exp_avg_sq"]


if __name__ == "__main__":
    torch.manual_seed(0)
    net = UNet(dict(image_size=32, ngf=16, ch_mult=(1, 2, 2), num_res_blocks=1, attn_resolutions=(8, 16), n_head_channels=16, spade_dim=24)).eval()
    for p in net.parameters():
        nn.init.uniform_(p, -0.1, 0.1)
    for method in SAMPLERS:
        g = rollout(net, torch.randn(1, 33, 32, 32), 22, lambda i: torch.randn(1, 6, 32, 32), method=method, steps=5,
                    noise=lambda i: torch.randn(1, 6, 32, 32))
        print("rollout", method, tuple(g.shape), float(g.abs().max()))
    print("full model", sum(p.numel() for p in UNet({}).parameters()), "parameters")
    print("UNet++", tuple(UnetPlusPlus("resnet34").eval()(torch.randn(1, 3, 64, 96)).shape))
