// HFT_CHECK stops the program on a programming error, also in release builds.
// HFT_DEBUG_CHECK is for the step path: it compiles to nothing unless HFT_DEBUG is defined.
#ifndef HFTSIM_SIM_BASE_CHECK_H
#define HFTSIM_SIM_BASE_CHECK_H

// Prints the failed condition with its file and line to stderr and aborts.
_Noreturn void hft_check_failed(const char *condition, const char *file, int line);

#define HFT_CHECK(condition) \
  (__builtin_expect(!!(condition), 1) ? (void)0 : hft_check_failed(#condition, __FILE__, __LINE__))

#ifdef HFT_DEBUG
#define HFT_DEBUG_CHECK(condition) HFT_CHECK(condition)
#else
#define HFT_DEBUG_CHECK(condition) ((void)0)
#endif

#endif
