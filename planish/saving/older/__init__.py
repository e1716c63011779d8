"""What older versions of Keras wrote into files, in Keras 3's form: configurations, compile settings, arrays."""
