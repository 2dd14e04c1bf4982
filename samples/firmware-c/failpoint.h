/* Places where a test cuts the power. FIRMWARE_FAIL_AT=name or name:K kills the process at the K-th passage, with no
 * chance to clean up. Without -DFAILPOINTS, as in every build that ships, they do not exist. */
#ifndef FAILPOINT_H
#define FAILPOINT_H

#ifdef FAILPOINTS
void failpoint_hit(const char *name);
#define FAILPOINT(name) failpoint_hit(name)
#else
#define FAILPOINT(name) ((void)0)
#endif

#endif
