// Lines of comma-separated whole numbers, read strictly: what is not a number in its bounds, a row
// with too few or too many columns, a line cut off at the end of the file and bytes that are no
// text are errors that name file, line, column and fault. No quoting, no spaces, no header.
#ifndef HFTSIM_DATA_LOBSTER_CSV_H
#define HFTSIM_DATA_LOBSTER_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"
#include "sim/base/units.h"

#define HFT_CSV_LINE_MAX 65536  // bytes of a line, its end included

typedef struct hft_csv {
  FILE *file;
  const char *name;  // for errors; the caller's
  int64_t line;      // number of the current line, from 1; 0 before the first
  char *at;          // the rest of the current line, which ends in 0; null once it is used up
  char *buffer;
  size_t start, end;  // the bytes of the buffer that are not read yet
  uint64_t content;   // digest of all bytes read so far; of a file read to its end: of the file
  int column;         // of the current line, from 1: the one that is read next
  bool ended;         // the file has no more bytes
} hft_csv;

// Opens a file. `path` must outlive the reader. EIO, ENOMEM.
hft_status hft_csv_open(hft_csv *csv, const char *path, hft_error *error);
// Reads from a stream instead, which the reader takes over, on failure too.
hft_status hft_csv_attach(hft_csv *csv, FILE *file, const char *name, hft_error *error);
void hft_csv_close(hft_csv *csv);

// Goes to the next line; *more is false where there is none. EDATA for an empty line, one without
// end or one too long; EIO.
hft_status hft_csv_next(hft_csv *csv, bool *more, hft_error *error);

// Columns of the current line.
int hft_csv_columns(const hft_csv *csv);

// Reads the next column, called `name` in errors, as a whole number in low .. high. EDATA.
hft_status hft_csv_int(hft_csv *csv, const char *name, int64_t low, int64_t high, int64_t *value,
                       hft_error *error);

// Reads the next column as seconds, below 86400: exactly, in ns. Of more than nine decimals (some
// files have the noise of a double: 35821.088778456004), at most 15, the rest is rounded. EDATA.
hft_status hft_csv_seconds(hft_csv *csv, const char *name, hft_time *time, hft_error *error);

// Fails with EDATA, at the current line.
hft_status hft_csv_fail(const hft_csv *csv, hft_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
