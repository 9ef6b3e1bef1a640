/* What the bundled wolfSSL can do. The library and everything that includes its headers read this one file: the sizes of its
 * structures depend on it. A feature that Couplet does not use is left out, for it costs memory in each connection, or is one
 * more thing to attack. */
#ifndef COUPLET_WOLFSSL_USER_SETTINGS_H
#define COUPLET_WOLFSSL_USER_SETTINGS_H

/* ---- the machine -------------------------------------------------------------------------------------------------- */
#include <limits.h>
#if LONG_MAX > 0x7fffffffL
#define SIZEOF_LONG 8
#else
#define SIZEOF_LONG 4
#endif
#define SIZEOF_LONG_LONG 8
#if defined(__SIZEOF_INT128__)
#define HAVE___UINT128_T 1
#endif
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BIG_ENDIAN_ORDER
#endif
#define HAVE_THREAD_LS
#define HAVE_LIMITS_H 1
#define HAVE_SYS_TIME_H 1
#define HAVE_GMTIME_R 1
#define WOLFSSL_USE_ALIGN
#define WC_NO_ASYNC_THREADING

#if defined(__x86_64__)
/* Assembly, chosen at run time by what the processor has: AES-NI, AVX, AVX2. */
#define WOLFSSL_X86_64_BUILD
#define WOLFSSL_AESNI
#define USE_INTEL_SPEEDUP
#define WOLFSSL_SP_X86_64
#define WOLFSSL_SP_X86_64_ASM
#define WOLFSSL_SP_ASM
/* The tables that AES-GCM has without AES-NI lie in each connection. */
#define GCM_SMALL
#else
#define GCM_TABLE_4BIT
#endif

/* ---- TLS: 1.2 and 1.3, native interface only ---------------------------------------------------------------------- */
#define WOLFSSL_TLS13
/* Bytes of suites in a ClientHello, two for each: scanners offer all that have a number (sslscan: 344), and 150 is the library's limit. */
#define WOLFSSL_MAX_SUITE_SZ 1024
#define NO_OLD_TLS
#define NO_PSK
#define NO_OLD_SSL_NAMES
#define NO_OLD_WC_NAMES
#define NO_OLD_RNGNAME
#define NO_ERROR_QUEUE
#define NO_SESSION_CACHE_REF
#define WOLFSSL_EXTRA_ALERTS

#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_SNI
#define HAVE_ALPN
#define HAVE_MAX_FRAGMENT
#define HAVE_SESSION_TICKET
#define HAVE_EXTENDED_MASTER
#define HAVE_ENCRYPT_THEN_MAC
/* Says that it knows RFC 5746; there is no renegotiation in it. */
#define HAVE_SERVER_RENEGOTIATION_INFO

/* Channel bindings: tls-exporter (RFC 9266) and tls-unique (RFC 5929). */
#define HAVE_KEYING_MATERIAL
#define WOLFSSL_HAVE_TLS_UNIQUE

/* ---- certificates ------------------------------------------------------------------------------------------------- */
/* The callback sees a client's certificate also where it is good. */
#define WOLFSSL_ALWAYS_VERIFY_CB
#define WOLFSSL_SYS_CA_CERTS
/* To make a self-signed one. */
#define WOLFSSL_CERT_GEN
#define WOLFSSL_CERT_EXT
#define WOLFSSL_ALT_NAMES
#define WOLFSSL_KEY_GEN

/* ---- cryptography ------------------------------------------------------------------------------------------------- */
#define HAVE_HASHDRBG
/* Each connection seeds a generator of its own: by a system call, not by a file that has to be opened, which fails where descriptors
   have run out. */
#define WOLFSSL_GETRANDOM
#define HAVE_HKDF
#define HAVE_AESGCM
#define HAVE_CHACHA
#define HAVE_POLY1305
#define WOLFSSL_SHA224
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define WOLFSSL_BASE64_ENCODE

/* The curves of TLS 1.3, and no others. */
#define HAVE_ECC
#define ECC_USER_CURVES
#define HAVE_ECC384
#define HAVE_ECC521
#define ECC_SHAMIR
#define HAVE_CURVE25519
#define HAVE_ED25519
#define WC_RSA_PSS
#define WOLFSSL_PSS_LONG_SALT

#define WOLFSSL_SP_MATH_ALL
#define WOLFSSL_HAVE_SP_ECC
#define WOLFSSL_SP_384
#define WOLFSSL_SP_521
#define WOLFSSL_HAVE_SP_RSA
#define WOLFSSL_SP_4096
#define WOLFSSL_SP_LARGE_CODE

/* Against the measuring of times. */
#define ECC_TIMING_RESISTANT
#define TFM_TIMING_RESISTANT
#define WC_RSA_BLINDING

#define NO_DH
#define NO_DSA
#define NO_DES3
#define NO_RC4
#define NO_MD4
#define NO_DO178
#define NO_PKCS12

#endif
