#include "data/facts/facts_notes.h"

#include <math.h>
#include <stdlib.h>

hft_status hft_notes_create(const hft_observed *seen, hft_notes *notes) {
  size_t count = seen->mid.count > 0 ? seen->mid.count - 1 : 0;
  size_t size = (count + 1) * sizeof(double);
  *notes = (hft_notes){seen, count, malloc(size), malloc(size), malloc(size)};
  if (notes->r == NULL || notes->abs_r == NULL || notes->square_r == NULL) return HFT_ENOMEM;
  for (size_t i = 0; i < count; i++) {
    double r = log(seen->mid.value[i + 1] / seen->mid.value[i]);
    notes->r[i] = r;
    notes->abs_r[i] = fabs(r);
    notes->square_r[i] = r * r;
  }
  return HFT_OK;
}

double *hft_notes_sums(const hft_notes *notes, size_t group) {
  size_t groups = notes->count / group;
  double *sum = calloc(groups + 1, sizeof *sum);
  for (size_t i = 0; sum != NULL && i < groups * group; i++) sum[i / group] += notes->r[i];
  return sum;
}

void hft_notes_free(hft_notes *notes) {
  free(notes->r);
  free(notes->abs_r);
  free(notes->square_r);
  *notes = (hft_notes){0};
}
