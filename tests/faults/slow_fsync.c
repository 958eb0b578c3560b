/* Loaded before libc (LD_PRELOAD): each fsync and fdatasync takes as many milliseconds longer as the file
   $SLOW_FSYNC/delay says, and $SLOW_FSYNC/log gets its beginning and its end, in nanoseconds of CLOCK_MONOTONIC.
   It needs a compiler and no header. */
struct instant { long seconds, nanoseconds; };
void *dlsym(void *, const char *);
char *getenv(const char *);
int open(const char *, int, ...), close(int), clock_gettime(int, struct instant *), snprintf(char *, unsigned long, const char *, ...);
int nanosleep(const struct instant *, struct instant *), atoi(const char *);
long read(int, void *, unsigned long), write(int, const void *, unsigned long);

enum { MONOTONIC = 1, READ = 0, APPEND = 02001, NO_WAIT = 0 };

static long now(void) {
    struct instant at;
    clock_gettime(MONOTONIC, &at);
    return at.seconds * 1000000000L + at.nanoseconds;
}

static long delay(const char *folder) {
    char path[512], text[32];
    snprintf(path, sizeof path, "%s/delay", folder);
    int file = open(path, READ);
    if (file < 0) return 0;
    long n = read(file, text, sizeof text - 1);
    close(file);
    if (n <= 0) return 0;
    text[n] = 0;
    return atoi(text) * 1000000L;
}

static int slowly(const char *name, int descriptor) {
    int (*real)(int) = (int (*)(int)) dlsym((void *) -1L, name);
    const char *folder = getenv("SLOW_FSYNC");
    long late = folder ? delay(folder) : 0;
    if (!late) return real(descriptor);
    long began = now();
    int done = real(descriptor);
    while (now() - began < late) {
        struct instant some = {0, 5000000};
        nanosleep(&some, 0);
    }
    char path[512], line[64];
    snprintf(path, sizeof path, "%s/log", folder);
    int file = open(path, APPEND);
    if (file >= 0) {
        write(file, line, snprintf(line, sizeof line, "%ld %ld\n", began, now()));
        close(file);
    }
    return done;
}

int fsync(int descriptor) { return slowly("fsync", descriptor); }
int fdatasync(int descriptor) { return slowly("fdatasync", descriptor); }
