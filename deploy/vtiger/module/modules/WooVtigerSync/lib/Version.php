<?php

/**
 * The module's version and that of its protocol. The build writes the version.
 */
class WooVtigerSync_Version
{
    const NUMBER = '@VERSION@';

    const PROTOCOL = 1;
}
