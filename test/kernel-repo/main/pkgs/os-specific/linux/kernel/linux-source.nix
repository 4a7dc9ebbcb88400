# The kernel source out of Debian's linux-source package, without what an x86 virtual machine never compiles.
# Every build unpacks it, so smaller is quicker: directories keep their Kconfig and Makefile and lose the rest.
{ runCommand, debs }:

runCommand "linux-source-${debs.source.version}.tar.zst"
  {
    inherit (debs.source) deb;
  }
  ''
    dpkg-deb --fsys-tarfile $deb | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' >source.tar.xz
    mkdir tree
    xz -dc -T2 source.tar.xz | tar -x -C tree --strip-components=1 \
      --exclude='*/Documentation/*.rst' --exclude='*/Documentation/devicetree/*' --exclude='*/tools/testing/*'
    cd tree
    find sound tools/perf arch/[!x]* \
      drivers/{gpu,media,infiniband,staging,iio,clk,pinctrl,scsi,usb,misc,mtd,hwmon,mfd,comedi,mmc,hid,dma,md,s390} \
      drivers/{isdn,nvme,regulator,spi,i2c,leds,soc,target,net/ethernet,net/wireless} \
      fs/{btrfs,xfs,smb,ocfs2,nfs,nfsd,ceph,f2fs,gfs2,jfs,reiserfs,ubifs,afs} \
      net/{netfilter,mac80211,wireless,bluetooth,sctp,tipc} \
      -type f ! -name 'Kconfig*' ! -name 'Makefile*' ! -name Kbuild -delete
    tar -c --sort=name --owner=0 --group=0 --mtime=@1 -C .. tree | zstd -q -T2 -3 -o $out
  ''
