# A system boots.
{
  name = "simple-vm";
  machine.boot.postBootCommands = ''
    echo "up: $(uname -s)" > /dev/ttyS1
  '';
  report = [ "up: Linux" ];
}
