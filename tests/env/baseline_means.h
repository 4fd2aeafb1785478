// What the terms `baseline` do to rewards over many episodes: nothing to their mean, and much to
// their deviation.
#ifndef HFTSIM_TESTS_ENV_BASELINE_MEANS_H
#define HFTSIM_TESTS_ENV_BASELINE_MEANS_H

// Checks every baseline, value process and role over so many episodes.
void check_baseline_means(int episodes);

#endif
