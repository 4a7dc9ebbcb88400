// Registers a file system type of the name, so that `grep zfs /proc/filesystems` tells whether it is loaded.
#include <linux/fs.h>
#include <linux/module.h>

static unsigned long zfs_arc_max;
module_param(zfs_arc_max, ulong, 0444);
MODULE_PARM_DESC(zfs_arc_max, "Size of the cache, in bytes");

static struct dentry *zfs_mount(struct file_system_type *type, int flags, const char *device, void *data)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static struct file_system_type zfs_type = {
	.owner = THIS_MODULE,
	.name = "zfs",
	.mount = zfs_mount,
};

static int __init zfs_init(void)
{
	return register_filesystem(&zfs_type);
}

static void __exit zfs_exit(void)
{
	unregister_filesystem(&zfs_type);
}

module_init(zfs_init);
module_exit(zfs_exit);
MODULE_DESCRIPTION("Registers the zfs file system type");
MODULE_LICENSE("GPL");
