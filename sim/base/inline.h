// Hints to the compiler for the step path.
#ifndef HFTSIM_SIM_BASE_INLINE_H
#define HFTSIM_SIM_BASE_INLINE_H

// A function of a header, inlined into every caller.
#define HFT_INLINE static inline __attribute__((always_inline))
// A function of a source file, inlined into every caller by link-time optimisation.
#if defined(__clang__)  // warns about static functions called from external inline ones
#define HFT_INLINE_AT_LINK __attribute__((always_inline))
#else
#define HFT_INLINE_AT_LINK inline __attribute__((always_inline))
#endif
// A rarely called function, kept out of line so that it does not slow down the common path.
#define HFT_COLD __attribute__((noinline, cold))

#define HFT_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define HFT_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#endif
