# The C library of components: musl's functions that need no system below, or little; README.md says what is left out.
# Functions that libmicrokit.a has (user/lib/string.h) are not here a second time.

MUSL     := $(SOURCES)/musl
MUSL_GEN := $(OUT)/third_party/libc-headers

LIBC_INCLUDES := -Ithird_party/libc/include $(addprefix -isystem ,$(MUSL_GEN) $(MUSL)/arch/$(ARCH) $(MUSL)/arch/generic $(MUSL)/include)
libc_CFLAGS   := -D_GNU_SOURCE $(LIBC_INCLUDES)

LIBC_BUILD_CFLAGS := -std=gnu17 -D_XOPEN_SOURCE=700 -Ithird_party/libc/arch \
                     $(addprefix -isystem ,$(MUSL)/src/include $(MUSL)/src/internal) $(LIBC_INCLUDES)

LIBC_FILES := $(addprefix src/,\
    $(addprefix string/,$(addsuffix .c,bcmp bcopy bzero explicit_bzero index memccpy memmem mempcpy memrchr rindex stpcpy stpncpy \
        strcasecmp strcasestr strcat strchrnul strcpy strcspn strdup strerror_r strlcat strncasecmp strncat strncpy \
        strndup strpbrk strsep strspn strtok strtok_r strverscmp swab wcslen wcsnlen wmemchr)) \
    $(addprefix ctype/,$(addsuffix .c,__ctype_b_loc __ctype_get_mb_cur_max __ctype_tolower_loc __ctype_toupper_loc isalnum isalpha \
        isascii isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit toascii tolower toupper)) \
    $(addprefix stdlib/,$(addsuffix .c,abs atoi atol atoll bsearch div imaxabs imaxdiv labs ldiv llabs lldiv qsort qsort_nr strtod \
        strtol)) \
    $(addprefix stdio/,$(addsuffix .c,__lockfile __overflow __stdio_close __stdio_exit __stdio_read __stdio_seek __stdio_write \
        __stdout_write __toread __towrite __uflow asprintf fflush fmemopen fprintf fputc fputs fread fwrite fclose ferror feof fileno \
        fseek ftell ofl ofl_add open_memstream perror printf putc putchar puts setvbuf snprintf sprintf sscanf stderr stdout \
        vasprintf vfprintf vfscanf vprintf vsnprintf vsprintf vsscanf ungetc)) \
    $(addprefix errno/,__errno_location.c strerror.c) \
    $(addprefix internal/,floatscan.c intscan.c shgetc.c syscall_ret.c) \
    $(addprefix time/,$(addsuffix .c,__month_to_secs __secs_to_tm __tm_to_secs __year_to_secs clock_gettime difftime gettimeofday \
        gmtime gmtime_r time timegm)) \
    $(addprefix multibyte/,$(addsuffix .c,btowc internal mbrtowc mbsinit mbsrtowcs mbstowcs mbtowc mbrlen wcrtomb wctomb wcsrtombs \
        wcstombs)) \
    $(addprefix locale/,$(addsuffix .c,__lctrans c_locale langinfo localeconv strcoll)) \
    $(addprefix malloc/,$(addsuffix .c,calloc free libc_calloc lite_malloc memalign posix_memalign realloc reallocarray replaced)) \
    $(addprefix malloc/mallocng/,$(addsuffix .c,aligned_alloc free malloc malloc_usable_size realloc)) \
    $(addprefix mman/,$(addsuffix .c,madvise mmap mprotect mremap munmap)) \
    $(addprefix math/,$(addsuffix .c,__fpclassify __fpclassifyl __signbit __signbitl copysign copysignl frexp frexpl scalbn scalbnl)) \
    math/x86_64/fabsl.c math/x86_64/fmodl.c \
    $(addprefix setjmp/x86_64/,setjmp.s longjmp.s) \
    $(addprefix prng/,rand.c rand_r.c) \
    $(addprefix exit/,_Exit.c) \
    $(addprefix env/,__environ.c getenv.c secure_getenv.c) \
    $(addprefix unistd/,$(addsuffix .c,close isatty lseek read write)) \
    $(addprefix misc/,basename.c dirname.c ffs.c ffsl.c ffsll.c) \
    $(addprefix network/,htonl.c htons.c ntohl.c ntohs.c) \
    thread/__lock.c thread/__syscall_cp.c)

$(MUSL_GEN)/.stamp: $(MUSL)/.unpacked third_party/libc/libc.mk
	$(say) GEN $(@D)
	@mkdir -p $(@D)/bits
	$(Q)sed -f $(MUSL)/tools/mkalltypes.sed $(MUSL)/arch/$(ARCH)/bits/alltypes.h.in $(MUSL)/include/alltypes.h.in \
	    > $(@D)/bits/alltypes.h
	$(Q)sed -n -e p -e s/__NR_/SYS_/p < $(MUSL)/arch/$(ARCH)/bits/syscall.h.in > $(@D)/bits/syscall.h
	@touch $@

$(call third_party_library,libc,musl,$(LIBC_FILES),$(LIBC_BUILD_CFLAGS),$(MUSL_GEN)/.stamp)
