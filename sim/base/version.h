// The version of the program and the git revision it was built from ("unknown" outside git).
#ifndef HFTSIM_SIM_BASE_VERSION_H
#define HFTSIM_SIM_BASE_VERSION_H

extern const char hft_version[];   // "0.1.0"
extern const char hft_revision[];  // "1a2b3c4d5e6f" or "1a2b3c4d5e6f-dirty"

#endif
