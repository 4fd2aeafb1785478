"""PPO of TorchRL: its collector itself resets those markets of a batch that have ended."""

import hftsim
import torch
from held_out import TASK, mean_return, report
from tensordict.nn import NormalParamExtractor, TensorDictModule
from torch import nn
from torchrl.collectors import Collector
from torchrl.envs import GymWrapper
from torchrl.modules import MLP, ProbabilisticActor, TanhNormal, ValueOperator
from torchrl.objectives import ClipPPOLoss
from torchrl.objectives.value import GAE


@torch.no_grad()
def act(obs):
    return actor(torch.as_tensor(obs))[0].tanh().numpy()


torch.set_num_threads(1)
torch.manual_seed(1)
env = GymWrapper(hftsim.VectorEnv(num_envs=16, autoreset="manual", seed=1, **TASK))
actor = nn.Sequential(
    MLP(out_features=4, num_cells=[64, 64]), NormalParamExtractor("biased_softplus_0.4")
)
critic = ValueOperator(MLP(out_features=1, num_cells=[64, 64]))
policy = ProbabilisticActor(
    TensorDictModule(actor, ["observation"], ["loc", "scale"]),
    in_keys=["loc", "scale"],
    distribution_class=TanhNormal,
    return_log_prob=True,
    spec=env.action_spec,
)
critic(policy(env.reset()))  # gives the lazy layers their sizes
advantage = GAE(gamma=0.99, lmbda=0.95, value_network=critic)
loss = ClipPPOLoss(policy, critic, entropy_coeff=0.0)
optimizer = torch.optim.Adam(loss.parameters(), 1e-3)
before = mean_return(act, **TASK)
collector = Collector(
    env,
    policy,
    frames_per_batch=1600,
    total_frames=100_800,
    auto_register_policy_transforms=False,
)
for data in collector:
    rows = advantage(data).flatten()
    for _ in range(10):
        for batch in rows[torch.randperm(len(rows))].split(200):
            terms = loss(batch)
            optimizer.zero_grad()
            (terms["loss_objective"] + terms["loss_critic"]).backward()
            optimizer.step()
report(100_800, before, mean_return(act, **TASK))
collector.shutdown()
