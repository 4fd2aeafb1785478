// Numbers that are calculated with four at a time: gcc and clang make one instruction of a sum or a
// product, with the same bits as of four.
#ifndef HFTSIM_SIM_FLOW_FOUR_H
#define HFTSIM_SIM_FLOW_FOUR_H

typedef float hft_four __attribute__((vector_size(16)));
// As hft_four, aligned as a float: for states of agents, which are aligned to 8 bytes.
typedef float hft_loose_four __attribute__((vector_size(16), aligned(4)));
// The same 16 bytes as two halves.
typedef double hft_pair __attribute__((vector_size(16)));

#endif
