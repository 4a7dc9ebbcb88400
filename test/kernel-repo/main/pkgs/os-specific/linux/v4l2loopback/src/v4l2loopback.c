// A character device of the misc class.
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

static int max_buffers = 2;
module_param(max_buffers, int, 0444);
MODULE_PARM_DESC(max_buffers, "How many buffers a device has");

static const struct file_operations operations = {
	.owner = THIS_MODULE,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "video-loopback",
	.fops = &operations,
};

module_misc_device(device);
MODULE_DESCRIPTION("A device without a picture");
MODULE_LICENSE("GPL");
