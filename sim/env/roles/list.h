// The list of roles. A new role is one file, sim/env/roles/<name>.c (named in sim/CMakeLists.txt),
// and one line here. All else reads the role's class: sim/env/roles/role.h.
#ifndef HFTSIM_SIM_ENV_ROLES_LIST_H
#define HFTSIM_SIM_ENV_ROLES_LIST_H

// X(NAME, name): the constant HFT_ROLE_NAME and the class hft_role_name_class. Groups of seats have
// this order.
#define HFT_ROLES(X)    \
  X(MAKER, maker)       \
  X(EXECUTOR, executor) \
  X(TAKER, taker)       \
  X(PORTFOLIO, portfolio)

#define HFT_ROLE_CONSTANT(NAME, name) HFT_ROLE_##NAME,
typedef enum hft_role { HFT_ROLES(HFT_ROLE_CONSTANT) HFT_ROLE_COUNT } hft_role;
#undef HFT_ROLE_CONSTANT

#endif
