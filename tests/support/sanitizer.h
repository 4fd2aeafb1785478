// SANITIZED is defined in builds with AddressSanitizer or ThreadSanitizer, which allocate memory
// and make system calls of their own and slow the program down.
#ifndef HFTSIM_TESTS_SUPPORT_SANITIZER_H
#define HFTSIM_TESTS_SUPPORT_SANITIZER_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

#endif
