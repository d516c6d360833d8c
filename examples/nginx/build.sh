# Builds module.c for the nginx on the path, with nginx's own configure.
set -e
here=$PWD
# Debian's package nginx-dev has the sources. They and the libraries that nginx uses may lie in a folder of their own.
usr=$(dirname "$(dirname "$(readlink -f "$(command -v nginx)")")")
cd "${NGINX_SOURCE:-$usr/share/nginx/src}"
# The features that change nginx's structures have to be those of the nginx that loads the module.
[ -e "$here/build/Makefile" ] || ./configure --with-compat --with-threads --with-http_realip_module --with-http_dav_module \
  --with-cc-opt="-I$usr/include" --with-ld-opt="-L$usr/lib/$(uname -m)-linux-gnu" \
  --builddir="$here/build" --add-dynamic-module="$here" >"$here/configure.log" || { cat "$here/configure.log"; exit 1; }
rm -f "$here"/build/*.so # The archive may be another.
make --silent --file="$here/build/Makefile" modules
