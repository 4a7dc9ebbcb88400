#!/bin/sh
# Answers git's question for a name and a password, for one host only: a redirect must not carry the token elsewhere.
# Name and token are in the environment, which nobody but this user can read; not in arguments, files or addresses.
case "$1" in
  *"//$MODPROBOT_GIT_HOST'"* | *"@$MODPROBOT_GIT_HOST'"*) ;;
  *) exit 1 ;;
esac
case "$1" in
  Username*) printf '%s\n' x-access-token ;;
  Password*) printf '%s\n' "$MODPROBOT_GIT_TOKEN" ;;
  *) exit 1 ;;
esac
