// What the compiler is told about the step path.
#ifndef HFTSIM_SIM_BASE_INLINE_H
#define HFTSIM_SIM_BASE_INLINE_H

// A function of a header that is a part of whatever calls it.
#define HFT_INLINE static inline __attribute__((always_inline))
// The same of a function of a source file: where the program is optimised as a whole.
#if defined(__clang__)  // warns of static functions in an inline one that others can see
#define HFT_INLINE_AT_LINK __attribute__((always_inline))
#else
#define HFT_INLINE_AT_LINK inline __attribute__((always_inline))
#endif
// Rarely called, and not to stand in the way of what is.
#define HFT_COLD __attribute__((noinline, cold))

#define HFT_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define HFT_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#endif
