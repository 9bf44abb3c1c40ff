/** Source packages of Ubuntu and, behind each, its binary packages of other names that are on node images. */
export const DEB_SOURCE_TABLE = `
accountsservice: libaccountsservice0
acl: libacl1
alsa-lib: libasound2 libasound2-data
apparmor: apparmor-utils libapparmor1 python3-apparmor python3-libapparmor
appstream: libappstream4
apt: apt-transport-https apt-utils libapt-pkg6.0 libapt-pkg6.0t64
argon2: libargon2-1
attr: libattr1
audit: libaudit-common libaudit1
automat: python3-automat
babeltrace: libbabeltrace1
base-files: motd-news-config
bind9: bind9-dnsutils bind9-host bind9-libs dnsutils
bind9-libs: libdns-export1109 libdns-export1110 libisc-export1105
binutils: binutils-aarch64-linux-gnu binutils-common binutils-x86-64-linux-gnu libbinutils libctf-nobfd0
  libctf0 libgprofng0 libsframe1
blinker: python3-blinker
boost1.71: libboost-context1.71.0 libboost-iostreams1.71.0 libboost-program-options1.71.0
  libboost-thread1.71.0
boost1.74: libboost-context1.74.0 libboost-filesystem1.74.0 libboost-iostreams1.74.0
  libboost-program-options1.74.0 libboost-thread1.74.0
boost1.83: libboost-context1.83.0 libboost-filesystem1.83.0 libboost-iostreams1.83.0 libboost-locale1.83.0
  libboost-program-options1.83.0 libboost-thread1.83.0
bpfcc: bpfcc-tools libbpfcc python3-bpfcc
brotli: libbrotli1
busybox: busybox-initramfs busybox-static
bzip2: libbz2-1.0
cdebconf: libdebconfclient0
ceph: ceph-common libcephfs2 librados2 libradosstriper1 librbd1 python3-ceph-argparse python3-ceph-common
  python3-cephfs python3-rados python3-rbd
chardet: python3-chardet
cloud-initramfs-tools: cloud-initramfs-copymods cloud-initramfs-dyn-netconf overlayroot
cloud-utils: cloud-guest-utils
cmake: cmake-data
command-not-found: python3-commandnotfound
configobj: python3-configobj
conntrack-tools: conntrack
console-setup: console-setup-linux keyboard-configuration
constantly: python3-constantly
cracklib2: cracklib-runtime libcrack2
cron: cron-daemon-common
cryptsetup: cryptsetup-bin cryptsetup-initramfs cryptsetup-run libcryptsetup12
curl: libcurl3-gnutls libcurl3t64-gnutls libcurl4 libcurl4t64
cyrus-sasl2: libsasl2-2 libsasl2-modules libsasl2-modules-db
db5.3: libdb5.3 libdb5.3t64
dbus: dbus-bin dbus-daemon dbus-session-bus-common dbus-system-bus-common dbus-user-session libdbus-1-3
dbus-python: python3-dbus
dconf: dconf-gsettings-backend dconf-service libdconf1
debconf: debconf-i18n python3-debconf
device-tree-compiler: libfdt1
dh-elpa: dh-elpa-helper
dhcpcd5: dhcpcd-base
distro-info: python3-distro-info
dpkg: dpkg-dev libdpkg-perl
dracut: dracut-install
duktape: libduktape207
e2fsprogs: e2fsprogs-l10n libcom-err2 libext2fs2 libext2fs2t64 libss2 logsave
efivar: libefiboot1 libefivar1
elfutils: libdw1 libdw1t64 libelf-dev libelf1 libelf1t64
entrypoints: python3-entrypoints
expat: libexpat1
file: libmagic-mgc libmagic1 libmagic1t64
flashrom: libflashrom1
flex: libfl-dev libfl2
fonts-ubuntu: fonts-ubuntu-console
freetype: libfreetype6
fribidi: libfribidi0
fuse: libfuse2
fuse3: libfuse3-3
fwupd: libfwupd2 libfwupd3 libfwupdplugin1 libfwupdplugin5
gcab: libgcab-1.0-0
gcc-10: gcc-10-base
gcc-11: cpp-11 g++-11 gcc-11-base libgcc-11-dev libobjc-11-dev libstdc++-11-dev
gcc-12: cpp-12 gcc-12-base libgcc-12-dev
gcc-13: cpp-13 cpp-13-aarch64-linux-gnu cpp-13-x86-64-linux-gnu g++-13 g++-13-aarch64-linux-gnu
  g++-13-x86-64-linux-gnu gcc-13-aarch64-linux-gnu gcc-13-base gcc-13-x86-64-linux-gnu libgcc-13-dev
  libstdc++-13-dev
gcc-9: cpp-9 g++-9 gcc-9-base libgcc-9-dev libstdc++-9-dev
gcc-defaults: cpp cpp-aarch64-linux-gnu cpp-x86-64-linux-gnu g++ g++-aarch64-linux-gnu g++-x86-64-linux-gnu
  gcc gcc-aarch64-linux-gnu gcc-x86-64-linux-gnu
gdbm: libgdbm-compat4 libgdbm6
gettext: gettext-base
git: git-man
glib-networking: glib-networking-common glib-networking-services
glib2.0: libglib2.0-0 libglib2.0-0t64 libglib2.0-bin libglib2.0-data
glibc: libc-bin libc-dev-bin libc6 libc6-dev libc6-i386 locales
glusterfs: glusterfs-client glusterfs-common libgfapi0 libgfchangelog0 libgfrpc0 libgfxdr0 libglusterd0
  libglusterfs0
gmp: libgmp10
gnupg2: dirmngr gnupg gnupg-l10n gnupg-utils gpg gpg-agent gpg-wks-client gpg-wks-server gpgconf gpgsm gpgv
gnutls28: libgnutls30 libgnutls30t64
gobject-introspection: gir1.2-girepository-2.0 gir1.2-glib-2.0 libgirepository-1.0-1
golang-github-containernetworking-plugins: containernetworking-plugins
google-perftools: libgoogle-perftools4 libtcmalloc-minimal4
gpgme1.0: libgpgme11
gpm: libgpm2
groff: groff-base
grub2: grub-common grub-efi grub-efi-amd64 grub-efi-amd64-bin grub-efi-arm64 grub-efi-arm64-bin grub-pc
  grub-pc-bin grub2-common
grub2-signed: grub-efi-amd64-signed grub-efi-arm64-signed
gstreamer1.0: libgstreamer1.0-0
heimdal: libasn1-8-heimdal libgssapi3-heimdal libhcrypto4-heimdal libheimbase1-heimdal libheimntlm0-heimdal
  libhx509-5-heimdal libkrb5-26-heimdal libroken18-heimdal libwind0-heimdal
hyperlink: python3-hyperlink
icu: icu-devtools libicu-dev libicu66 libicu70 libicu74
incremental: python3-incremental
inetutils: inetutils-telnet telnet
iniparser: libiniparser1
init-system-helpers: init
initramfs-tools: initramfs-tools-bin initramfs-tools-core
inotify-tools: libinotifytools0
ipset: libipset13
iptables: libip4tc2 libip6tc2 libxtables12
iputils: iputils-ping iputils-tracepath
isc-dhcp: isc-dhcp-client isc-dhcp-common
isl: libisl22 libisl23
jansson: libjansson4
jeepney: python3-jeepney
jinja2: python3-jinja2
jq: libjq1
json-c: libjson-c4 libjson-c5
json-glib: libjson-glib-1.0-0 libjson-glib-1.0-common
keyutils: libkeyutils1
klibc: klibc-utils libklibc
kmod: libkmod2
krb5: krb5-locales libgssapi-krb5-2 libk5crypto3 libkrb5-3 libkrb5support0
landscape-client: landscape-common
language-selector: language-selector-common
lazr.restfulclient: python3-lazr.restfulclient
lazr.uri: python3-lazr.uri
leveldb: libleveldb1d
libaio: libaio1
libarchive: libarchive13 libarchive13t64
libassuan: libassuan0
libatasmart: libatasmart4
libblockdev: libblockdev-crypto2 libblockdev-fs2 libblockdev-loop2 libblockdev-part-err2 libblockdev-part2
  libblockdev-swap2 libblockdev-utils2 libblockdev2
libbpf: libbpf0 libbpf1
libbsd: libbsd-dev libbsd0
libbytesize: libbytesize-common libbytesize1
libcanberra: libcanberra0
libcap-ng: libcap-ng0
libcap2: libcap2-bin libpam-cap
libcbor: libcbor0.10 libcbor0.6 libcbor0.8
libdrm: libdrm-amdgpu1 libdrm-common libdrm2
libeatmydata: eatmydata libeatmydata1
libedit: libedit-dev libedit2
libestr: libestr0
libevdev: libevdev2
libevent: libevent-2.1-7 libevent-core-2.1-7
libfastjson: libfastjson4
libffi: libffi-dev libffi7 libffi8
libfido2: libfido2-1
libftdi1: libftdi1-2
libgc: libgc1
libgcrypt20: libgcrypt20-hmac
libgpg-error: libgpg-error-l10n libgpg-error0
libgudev: libgudev-1.0-0
libgusb: libgusb2
libidn2: libidn2-0
libinih: libinih1
libintl-perl: libintl-xs-perl
libjcat: libjcat1
libjsoncpp: libjsoncpp25
libkcapi: kcapi-tools libkcapi1
libksba: libksba8
libmaxminddb: libmaxminddb0
libmbim: libmbim-glib4 libmbim-proxy libmbim-utils
libmd: libmd-dev libmd0
libmnl: libmnl0
libnetfilter-conntrack: libnetfilter-conntrack3
libnfnetlink: libnfnetlink0
libnfsidmap: libnfsidmap2
libnftnl: libnftnl11
libnl3: libnl-3-200 libnl-genl-3-200 libnl-route-3-200
libnsl: libnsl-dev libnsl2
libogg: libogg0
libonig: libonig5
libopencsd: libopencsd1
libpcap: libpcap0.8
libpipeline: libpipeline1
libpng1.6: libpng16-16 libpng16-16t64
libproxy: libproxy1v5
libpsl: libpsl5
libpwquality: libpam-pwquality libpwquality-common libpwquality-tools libpwquality1
libqmi: libqmi-glib5 libqmi-proxy libqmi-utils
libqrtr-glib: libqrtr-glib0
librabbitmq: librabbitmq4
libseccomp: libseccomp2
libselinux: libselinux1
libsemanage: libsemanage-common libsemanage1 libsemanage2
libsepol: libsepol1 libsepol2
libsigsegv: libsigsegv2
libsmbios: libsmbios-c2
libsodium: libsodium23
libsoup2.4: libsoup2.4-1
libssh: libssh-4
libtirpc: libtirpc-common libtirpc-dev libtirpc3 libtirpc3t64
libtool: libltdl7
libtraceevent: libtraceevent1 libtraceevent1-plugin
libtracefs: libtracefs1
libubootenv: libubootenv-tool libubootenv0.1
libunistring: libunistring2
libunwind: libunwind8
liburcu: liburcu6 liburcu8
libusb-1.0: libusb-1.0-0
libutempter: libutempter0
libuv1: libuv1t64
libvorbis: libvorbis0a libvorbisfile3
libx11: libx11-6 libx11-data
libxau: libxau6
libxcb: libxcb1
libxcrypt: libcrypt-dev libcrypt1
libxdmcp: libxdmcp6
libxext: libxext6
libxkbcommon: libxkbcommon0
libxml2: libxml2-dev
libxmlb: libxmlb1 libxmlb2
libxmu: libxmuu1
libyaml: libyaml-0-2
libzstd: libzstd1 zstd
linux-atm: libatm1
llvm-toolchain-11: libclang-cpp11 libclang1-11 libllvm11
llvm-toolchain-14: libclang-14-dev libclang-common-14-dev libclang-cpp14 libclang1-14 libllvm14 libllvm14t64
  llvm-14 llvm-14-dev llvm-14-linker-tools llvm-14-runtime llvm-14-tools
lm-sensors: libsensors-config libsensors5
lmdb: liblmdb0
lsb: lsb-base
lsb-release-minimal: lsb-release
lua5.3: liblua5.3-0
lua5.4: liblua5.4-0
lvm2: dmeventd dmsetup libdevmapper-event1.02.1 libdevmapper1.02.1 liblvm2cmd2.03
lz4: liblz4-1
lzo2: liblzo2-2
make-dfsg: make
markdown-it-py: python3-markdown-it
markupsafe: python3-markupsafe
mdurl: python3-mdurl
modemmanager: libmm-glib0
more-itertools: python3-more-itertools
mpclib3: libmpc3
mpdecimal: libmpdec2 libmpdec3
mpfr4: libmpfr6
mtr: mtr-tiny
multipath-tools: kpartx
ncurses: libncurses-dev libncurses6 libncursesw6 libtinfo6 ncurses-base ncurses-bin ncurses-term
ndctl: libdaxctl1 libndctl6
netifaces: python3-netifaces
netplan.io: libnetplan0 libnetplan1 netplan-generator python3-netplan
nettle: libhogweed5 libhogweed6 libhogweed6t64 libnettle7 libnettle8 libnettle8t64
newt: libnewt0.52 python3-newt whiptail
nfs-utils: libnfsidmap1 nfs-common
nftables: libnftables1
nghttp2: libnghttp2-14
npth: libnpth0
nspr: libnspr4
nss: libnss3
ntfs-3g: libntfs-3g883 libntfs-3g89 libntfs-3g89t64
numactl: libnuma1
oath-toolkit: liboath0
open-iscsi: libopeniscsiusr
open-isns: libisns0
openldap: libldap-2.4-2 libldap-2.5-0 libldap-common libldap2
openssh: openssh-client openssh-server openssh-sftp-server
openssl: libssl1.1 libssl1.1-hmac libssl3 libssl3t64 openssl-fips-module-3
p11-kit: libp11-kit0
packagekit: gir1.2-packagekitglib-1.0 libpackagekit-glib2-18 packagekit-tools
pam: libpam-modules libpam-modules-bin libpam-runtime libpam0g
parted: libparted-fs-resize0 libparted2
pciutils: libpci3
pcre2: libpcre2-8-0
pcre3: libpcre3
perl: libperl5.30 libperl5.34 libperl5.38t64 perl-base perl-modules-5.30 perl-modules-5.34 perl-modules-5.38
pexpect: python3-pexpect
pinentry: pinentry-curses
plymouth: libplymouth5 plymouth-theme-ubuntu-text
pmdk: libpmem1 libpmemobj1
policykit-1: libpolkit-agent-1-0 libpolkit-gobject-1-0 pkexec polkitd
popt: libpopt0
prettytable: python3-prettytable
procps: libproc2-0 libprocps8
protobuf-c: libprotobuf-c1
ptyprocess: python3-ptyprocess
pyasn1: python3-pyasn1
pygments: python3-pygments
pygobject: python3-gi
pyhamcrest: python3-hamcrest
pyjwt: python3-jwt
pymacaroons: python3-pymacaroons
pyopenssl: python3-openssl
pyparsing: python3-pyparsing
pyparted: python3-parted
pyrsistent: python3-pyrsistent
pyserial: python3-serial
python-apt: python-apt-common python3-apt
python-attrs: python3-attr
python-babel: python-babel-localedata python3-babel
python-bcrypt: python3-bcrypt
python-boto3: python3-boto3
python-botocore: python3-botocore
python-certifi: python3-certifi
python-cffi: python3-cffi-backend
python-click: python3-click
python-colorama: python3-colorama
python-cryptography: python3-cryptography
python-dateutil: python3-dateutil
python-debian: python3-debian
python-distro: python3-distro
python-httplib2: python3-httplib2
python-idna: python3-idna
python-importlib-metadata: python3-importlib-metadata
python-jmespath: python3-jmespath
python-json-patch: python3-jsonpatch
python-json-pointer: python3-json-pointer
python-jsonschema: python3-jsonschema
python-keyring: python3-keyring
python-launchpadlib: python3-launchpadlib
python-magic: python3-magic
python-nacl: python3-nacl
python-netaddr: python3-netaddr
python-oauthlib: python3-oauthlib
python-packaging: python3-packaging
python-passlib: python3-passlib
python-pyasn1-modules: python3-pyasn1-modules
python-requests-unixsocket: python3-requests-unixsocket
python-s3transfer: python3-s3transfer
python-secretstorage: python3-secretstorage
python-service-identity: python3-service-identity
python-typing-extensions: python3-typing-extensions
python-tz: python3-tz
python-urllib3: python3-urllib3
python-wadllib: python3-wadllib
python-zipp: python3-zipp
python2.7: libpython2.7-minimal libpython2.7-stdlib python2.7-minimal
python3-defaults: libpython3-stdlib python3 python3-minimal
python3-stdlib-extensions: python3-distutils python3-gdbm python3-lib2to3
python3.10: libpython3.10 libpython3.10-minimal libpython3.10-stdlib python3.10-minimal
python3.12: libpython3.12-minimal libpython3.12-stdlib libpython3.12t64 python3.12-minimal
python3.8: libpython3.8 libpython3.8-minimal libpython3.8-stdlib python3.8-minimal
pyyaml: python3-yaml
rdma-core: ibverbs-providers libibverbs1 librdmacm1
readline: libreadline8 readline-common
requests: python3-requests
rhash: librhash0
rich: python3-rich
rtmpdump: librtmp1
samba: libwbclient0
setuptools: python3-pkg-resources python3-setuptools
sg3-utils: libsgutils2-1.46-2 libsgutils2-2 sg3-utils-udev
shadow: login passwd
simplejson: python3-simplejson
six: python3-six
slang2: libslang2
snappy: libsnappy1v5
snowball: libstemmer0d
software-properties: python3-software-properties software-properties-common
sqlite3: libsqlite3-0
sysfsutils: libsysfs2
systemd: libnss-systemd libpam-systemd libsystemd-shared libsystemd0 libudev1 systemd-dev systemd-resolved
  systemd-sysv udev
sysvinit: sysvinit-utils
talloc: libtalloc2
tcl8.6: libtcl8.6
tcltk-defaults: tcl
tcp-wrappers: libwrap0
tdb: libtdb1
tevent: libtevent0
texinfo: info install-info
tnftp: ftp
tpm2-tss: libtss2-esys-3.0.2-0 libtss2-esys-3.0.2-0t64 libtss2-esys0 libtss2-mu-4.0.1-0t64 libtss2-mu0
  libtss2-rc0 libtss2-rc0t64 libtss2-sys1 libtss2-sys1t64 libtss2-tcti-cmd0 libtss2-tcti-cmd0t64
  libtss2-tcti-device0 libtss2-tcti-device0t64 libtss2-tcti-mssim0 libtss2-tcti-mssim0t64
  libtss2-tcti-swtpm0 libtss2-tcti-swtpm0t64
twisted: python3-twisted python3-twisted-bin
tzdata: tzdata-legacy
u-boot: u-boot-tools
ubuntu-advantage-tools: ubuntu-pro-client ubuntu-pro-client-l10n
ubuntu-meta: ubuntu-minimal ubuntu-standard
ubuntu-release-upgrader: python3-distupgrade ubuntu-release-upgrader-core
uchardet: libuchardet0
udisks2: libudisks2-0
update-manager: python3-update-manager update-manager-core
update-notifier: update-notifier-common
util-linux: bsdextrautils bsdutils eject fdisk libblkid1 libfdisk1 libmount1 libsmartcols1 libuuid1 mount
  uuid-runtime
vim: vim-common vim-runtime vim-tiny xxd
volume-key: libvolume-key1
wcwidth: python3-wcwidth
xkeyboard-config: xkb-data
xxhash: libxxhash0
xz-utils: liblzma5
z3: libz3-4 libz3-dev
zlib: zlib1g zlib1g-dev
zope.interface: python3-zope.interface
`;
