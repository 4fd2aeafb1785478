// Strict reader of lines of comma-separated whole numbers. A field that is not a number within its
// bounds, a line with too few or too many columns, a line without end and bytes that are not text
// are errors that name file, line, column and fault. No quotes, no spaces, no header.
#ifndef HFTSIM_DATA_LOBSTER_CSV_H
#define HFTSIM_DATA_LOBSTER_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"
#include "sim/base/units.h"

#define HFT_CSV_LINE_MAX 65536  // bytes of a line with its end

// An open file and the position in it. Not for concurrent use.
typedef struct hft_csv {
  FILE *file;
  const char *name;  // for errors; owned by the caller
  int64_t line;      // number of the current line, from 1; 0 before the first
  char *at;          // the unread rest of the current line, 0-terminated; null: none
  char *buffer;
  size_t start, end;  // the unread bytes of the buffer
  uint64_t content;   // digest of all bytes read so far; of the whole file at its end
  int column;         // the next column of the current line, from 1
  bool ended;         // the file has no more bytes
} hft_csv;

// Opens a file; close it with hft_csv_close. `path` must outlive the reader. Errors: EIO, ENOMEM.
hft_status hft_csv_open(hft_csv *csv, const char *path, hft_error *error);
// As hft_csv_open, from a stream. The reader owns the stream, also on failure.
hft_status hft_csv_attach(hft_csv *csv, FILE *file, const char *name, hft_error *error);
// Closes the file and frees the buffer. Does nothing for a zeroed struct.
void hft_csv_close(hft_csv *csv);

// Moves to the next line; *more is false at the end of the file. Errors: EDATA for a line that is
// empty, too long or without end; EIO.
hft_status hft_csv_next(hft_csv *csv, bool *more, hft_error *error);

// The number of columns of the current line.
int hft_csv_columns(const hft_csv *csv);

// Reads the next column as a whole number in low .. high; `name` is used in errors. EDATA.
hft_status hft_csv_int(hft_csv *csv, const char *name, int64_t low, int64_t high, int64_t *value,
                       hft_error *error);

// Reads the next column as seconds after midnight, below 86400, to *time in ns. Exact up to nine
// decimals; more (up to 15, as some files have rounding noise: 35821.088778456004) are rounded.
// EDATA.
hft_status hft_csv_seconds(hft_csv *csv, const char *name, hft_time *time, hft_error *error);

// Fills *error with the text, the file and the current line, and returns EDATA.
hft_status hft_csv_fail(const hft_csv *csv, hft_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
