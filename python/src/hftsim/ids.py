"""The ids by which Gymnasium creates these envs, registered by importing :mod:`hftsim`."""

from __future__ import annotations

__all__ = ["ID", "PRESETS", "id_of", "register"]

ID = "hftsim/Market-v0"
"""Any config: ``gymnasium.make(ID, config="my.yaml")``."""

PRESETS = (
    "all_roles",
    "avellaneda_stoikov",
    "classic",
    "classic_jump",
    "classic_ou",
    "cont_stoikov_talreja",
    "default",
    "execution",
    "jump",
    "large_tick",
    "many_makers",
    "market_making",
    "metaorders",
    "mm_vs_execution",
    "ou",
    "portfolio",
    "replay",
    "santa_fe",
    "taking",
)
"""The presets that have seats: each has its own id, see :func:`id_of`."""


def id_of(preset: str) -> str:
    """The id of a preset: ``hftsim/MarketMaking-v0`` for ``market_making``."""
    return f"hftsim/{''.join(map(str.capitalize, preset.split('_')))}-v0"


def register() -> None:
    """Registers the ids where Gymnasium is installed. May be called again."""
    try:
        from gymnasium.envs import registration
    except ImportError:
        return
    wanted = {ID: None, **{id_of(preset): preset for preset in PRESETS}}
    for name, preset in wanted.items():
        if name not in registration.registry:
            registration.register(
                name,
                entry_point="hftsim.gym:Env",
                vector_entry_point="hftsim.gym:VectorEnv",
                kwargs={} if preset is None else {"config": preset},
            )
