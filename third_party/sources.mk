# Where the libraries come from: archives in Debian's source packages, each pinned by its name, which holds the version, and
# its SHA-256; and the parts of it that are unpacked.
$(call source,musl,musl,musl_1.2.3.orig.tar.gz,7d5b0b6062521e4627e099e4c9dc8248d32a30285e959b7eecaa780cf8cfd4a4,\
    COPYRIGHT arch include src tools)
$(call source,e2fsprogs,e2fsprogs,e2fsprogs_1.47.0.orig.tar.gz,6667afde56eef0c6af26684974400e4d2288ea49e9441bf5e6229195d51a3578,\
    NOTICE debugfs e2fsck lib version.h)
$(call source,lwip,lwip,lwip_2.1.3+dfsg1.orig.tar.xz,0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24,COPYING src)
$(call source,libvterm,libvterm,libvterm_0.1.4.orig.tar.gz,bc70349e95559c667672fc8c55b9527d9db9ada0fb80a3beda533418d782d3dd,\
    LICENSE include src)

$(call fetch_sources)
